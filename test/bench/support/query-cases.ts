import { median, rounded, type BenchTable } from './bench.js';
import { BENCH_ZONE, deviceName } from './bench-zone.js';
import { type DnsTarget, targetCpuMilliseconds } from './dns-target.js';
import { dnsperf } from './dnsperf.js';

export const NAMES = 1_000;
export const ROUNDS = 5;
export const SECONDS = 2;

/** One line of a table of queries: a server and what it is asked. */
export interface QueryCase {
  readonly name: string;
  readonly target: DnsTarget;
  readonly queries: readonly string[];
  /** More options of dnsperf. */
  readonly options?: readonly string[];
}

export const existing = Array.from({ length: NAMES }, (_, index) => `${deviceName(index)} A`);
export const someMissing = existing.map((query, index) =>
  index % 10 === 0 ? `missing${index}.${BENCH_ZONE} A` : query,
);

/** Measures the cases in turns; the first of them is what the others are compared with. */
export async function compareQueries(cases: readonly QueryCase[], comparedWith: string): Promise<BenchTable> {
  const results = cases.map(() => ({ perSecond: [] as number[], cpu: [] as number[] }));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [index, { target, queries, options }] of cases.entries()) {
      const cpuBefore = targetCpuMilliseconds(target);
      const perSecond = await dnsperf(target.port, queries, SECONDS, options);
      const cpu = ((targetCpuMilliseconds(target) - cpuBefore) * 1000) / (perSecond * SECONDS);
      // The first round is for the compiler.
      if (round === 0) continue;
      results[index]!.perSecond.push(perSecond);
      results[index]!.cpu.push(cpu);
    }
  }
  const base = median(results[0]!.perSecond);
  return {
    columns: ['case', 'answers a second', comparedWith, 'CPU µs an answer'],
    rows: results.map(({ perSecond, cpu }, index) => [
      cases[index]!.name,
      rounded(median(perSecond)),
      (median(perSecond) / base).toFixed(2),
      rounded(median(cpu)),
    ]),
  };
}

/** Runs `body` with targets that are all stopped in the end, also when one of them could not start. */
export async function withTargets<T>(
  body: (add: <S extends DnsTarget>(target: Promise<S>) => Promise<S>) => Promise<T>,
): Promise<T> {
  const targets: DnsTarget[] = [];
  try {
    return await body(async (starting) => {
      const target = await starting;
      targets.push(target);
      return target;
    });
  } finally {
    for (const target of targets) await target.stop();
  }
}
