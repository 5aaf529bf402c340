import { cpus } from 'node:os';

import { acmeIssuance } from './acme-issuance.js';
import { addressUpdates } from './address-updates.js';
import { ariPolls } from './ari-polls.js';
import { axfrDelay } from './axfr-delay.js';
import { claims } from './claims.js';
import { dnsChangeDelay, dnsQueriesDuringChanges } from './dns-changes.js';
import { dnsChangeRate } from './dns-change-rate.js';
import { dnsMemory } from './dns-memory.js';
import { dnsQueries, dnsTcp, dnsTwoProcesses } from './dns-queries.js';
import { dnsStart, dnsStartMillion } from './dns-start.js';
import { issuancePipeline } from './issuance-pipeline.js';
import { simulatedYear } from './planner-simulation.js';
import { operatorLists } from './operator-lists.js';
import { plannerStep } from './planner-step.js';
import { sandboxFleet } from './sandbox-fleet.js';
import { markdown, type Bench } from './support/bench.js';

/** Every benchmark, in the order they run. `npm run bench -- NAME …` runs the named ones only. */
const BENCHES: readonly Bench[] = [
  addressUpdates,
  acmeIssuance,
  issuancePipeline,
  dnsQueries,
  dnsTwoProcesses,
  dnsTcp,
  dnsStart,
  dnsStartMillion,
  dnsMemory,
  dnsChangeDelay,
  dnsQueriesDuringChanges,
  dnsChangeRate,
  axfrDelay,
  plannerStep,
  claims,
  ariPolls,
  sandboxFleet,
  simulatedYear,
  operatorLists,
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !BENCHES.some((bench) => bench.name === name));
if (unknown.length > 0) {
  console.error(
    `There is no benchmark ${unknown.join(', ')}. There are: ${BENCHES.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(64);
}
console.log(
  `Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), shared with the load generator.`,
);
for (const bench of BENCHES) {
  if (wanted.length > 0 && !wanted.includes(bench.name)) continue;
  console.log(`\n## ${bench.title}\n`);
  console.log(markdown(await bench.run()));
}
