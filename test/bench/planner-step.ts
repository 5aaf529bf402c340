import { BUILTIN_PROFILES } from '../../src/issuer/domain/limits/builtin-profiles.js';
import { orderSubjects } from '../../src/issuer/domain/limits/order-spends.js';
import { explain } from '../../src/issuer/domain/planner/explain.js';
import { plan } from '../../src/issuer/domain/planner/plan.js';
import type { WaitingOrder } from '../../src/issuer/domain/planner/waiting-order.js';
import { WaitingQueues } from '../../src/issuer/domain/planner/waiting-queues.js';
import { median, rounded, type Bench } from './support/bench.js';

const ORDERS = 100_000;
const RUNS = 21;
const NOW = Date.parse('2028-03-01T00:00:00Z');
const ZONES = ['d.example.com', 'd.example.org', 'd.example.net'];

/** One in ten is a renewal; the others are new devices, in the order in which they came, as the database gives them. */
function waitingOrders(groups: number): WaitingOrder[] {
  return Array.from({ length: ORDERS }, (_, i) => {
    const renewal = i % 10 === 0;
    return {
      id: String(i),
      group: `group ${i % groups}`,
      requestedAt: NOW - ORDERS + i,
      revoked: false,
      manual: false,
      ...orderSubjects([`k${i}.${ZONES[i % ZONES.length]}`]),
      ...(renewal && { expiresAt: NOW + i * 1000, sameNamesIssuedAt: NOW - 30 * 86_400_000 }),
    };
  });
}

/** CPU time of this thread in milliseconds: what other work on the machine does not change. */
function cpuMilliseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function measure(groups: number): readonly string[] {
  const rows = waitingOrders(groups);
  const times = { lanes: [] as number[], plan: [] as number[], step: [] as number[], cpu: [] as number[] };
  const explaining: number[] = [];
  let started = 0;
  for (let run = 0; run < RUNS; run++) {
    const [begin, cpuBefore] = [performance.now(), cpuMilliseconds()];
    const queues = WaitingQueues.of(BUILTIN_PROFILES.letsencrypt, 'https://ca.test/acct/1', rows, NOW);
    const sorted = performance.now();
    const state = {
      queues,
      buckets: new Map(),
      inFlight: { standing: 0, manual: 0, new: 0 },
      inFlightLimit: 50,
      shares: new Map(),
    };
    started = plan(state, NOW).start.length;
    const [planned, cpuAfter] = [performance.now(), cpuMilliseconds()];
    explain(state, NOW);
    explaining.push(performance.now() - planned);
    times.lanes.push(sorted - begin);
    times.plan.push(planned - sorted);
    times.step.push(planned - begin);
    times.cpu.push(cpuAfter - cpuBefore);
  }
  const cells = [times.plan, times.lanes, times.step, times.cpu, explaining].map((values) => rounded(median(values)));
  return [String(groups), String(started), ...cells];
}

/** One planning step from the database's rows to the orders that start, and the estimates of all that wait. */
export const plannerStep: Bench = {
  name: 'planner-step',
  title: `One planning step with ${ORDERS.toLocaleString('en')} waiting orders (milliseconds, median of ${RUNS})`,
  async run() {
    return {
      columns: [
        'groups',
        'started',
        'plan, lanes kept from the step before',
        'rows into lanes',
        'both',
        'CPU time of both',
        'reasons and times for all',
      ],
      rows: [1, 50, 1000].map(measure),
    };
  },
};
