import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { migrateDatabase } from '../../src/platform/database/migrate-database.js';
import type { ClaimsReport } from './claims-server.js';
import { rounded, type Bench } from './support/bench.js';
import { onDatabase, startBenchDatabase } from './support/bench-database.js';
import { fillWaitingOrders } from './support/waiting-fleet.js';

const SERVER = fileURLToPath(new URL('claims-server.ts', import.meta.url));
const HOOK = new URL('../../scripts/ts-hook.mjs', import.meta.url).href;
const ORDERS = 10_000;
const GROUPS = 50;
const SERVERS = [1, 4] as const;
const SILENT = { log: (): void => {}, warn: (): void => {} };

/** How fast waiting orders are claimed by servers that share a database, and whether one is ever claimed twice. */
export const claims: Bench = {
  name: 'claims',
  title: `Claims of ${ORDERS.toLocaleString('en')} waiting orders in ${GROUPS} groups, up to 50 at a time, each with five buckets reserved`,
  async run() {
    const database = await startBenchDatabase();
    const rows: (readonly string[])[] = [];
    try {
      const version = await onDatabase(database.url, (client) => client.query('SHOW server_version'));
      for (const servers of SERVERS) {
        const url = await database.create(`claims_${servers}`);
        await migrateDatabase(url, SILENT);
        await fillWaitingOrders(url, ORDERS, GROUPS);
        rows.push(await measure(url, servers));
      }
      return {
        columns: ['servers', 'orders claimed a second', 'transactions', 'claimed twice', 'left'],
        rows,
        note: `PostgreSQL ${String(version.rows[0]?.['server_version'])}; the servers are processes of their own.`,
      };
    } finally {
      await database.stop();
    }
  },
};

async function measure(url: string, servers: number): Promise<readonly string[]> {
  const children = Array.from({ length: servers }, (_, index) =>
    fork(SERVER, [url, String(index + 1)], { execArgv: ['--import', HOOK] }),
  );
  try {
    await Promise.all(children.map((child) => message(child)));
    const reports = children.map((child) => message(child));
    for (const child of children) child.send('go');
    const done = (await Promise.all(reports)) as ClaimsReport[];
    const all = done.flatMap(({ orders }) => orders);
    const seconds =
      (Math.max(...done.map(({ lastAt }) => lastAt)) - Math.min(...done.map(({ firstAt }) => firstAt))) / 1000;
    const transactions = done.reduce((sum, report) => sum + report.claims, 0);
    return [
      String(servers),
      rounded(all.length / seconds),
      String(transactions),
      String(all.length - new Set(all).size),
      String(ORDERS - new Set(all).size),
    ];
  } finally {
    for (const child of children) child.kill();
  }
}

/** The next message of a server that has not ended. */
function message(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void =>
      reject(new Error(`a server of the benchmark ended before its time, with ${code}`));
    child.once('exit', ended);
    child.once('message', (answer) => {
      child.off('exit', ended);
      resolve(answer);
    });
  });
}
