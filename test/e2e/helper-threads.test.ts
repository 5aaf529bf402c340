import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startServer, type ServerProcess } from '../support/server-process.js';

const SECONDS = 15;
/** Where the whole run was started with `nice`, the server has that too. */
const OWN = getPriority();
const NICER = Math.min(OWN + 10, 19);

let server: ServerProcess;
beforeAll(async () => {
  server = await startServer({ environment: { FLEETCERT_DNS_WORKERS: '2' } });
}, 120_000);
afterAll(() => server.stop());

/** @returns the nice values of a process' threads (proc(5), field 19), by name. */
function niceValues(pid: number): Map<string, number[]> {
  const values = new Map<string, number[]>();
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8');
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const nice = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
    values.set(name, [...(values.get(name) ?? []), nice]);
  }
  return values;
}

const helpers = (pid: number): number[] => niceValues(pid).get('V8Worker') ?? [];

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);

/** The process' threads, once V8's own yield to the others. */
async function yielding(pid: number): Promise<Map<string, number[]>> {
  const deadline = Date.now() + SECONDS * 1000;
  while (helpers(pid).length === 0 || helpers(pid).some((nice) => nice !== NICER)) {
    if (Date.now() > deadline)
      throw new Error(`V8's threads of process ${pid} have nice values ${helpers(pid).join()}`);
    await sleep(50);
  }
  return niceValues(pid);
}

describe("V8's own threads let the one that answers go first", () => {
  it('in the server', async () => {
    const threads = await yielding(server.pid);
    threads.delete('V8Worker');
    expect(new Set([...threads.values()].flat())).toEqual(new Set([OWN]));
  });

  it('in the processes that answer DNS; other processes that the server started keep theirs', async () => {
    const children = childrenOf(server.pid);
    const answering = children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('fleetcert dns'));
    expect(answering).toHaveLength(1);
    const threads = await yielding(answering[0]!);
    threads.delete('V8Worker');
    expect(new Set([...threads.values()].flat())).toEqual(new Set([OWN]));
    for (const pid of children) {
      if (!answering.includes(pid)) expect([...niceValues(pid).values()].flat()).not.toContain(NICER);
    }
  });
});
