import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { mustWireName } from '../../../src/ddns/domain/name.js';
import { CLASS_IN, TYPE } from '../../../src/ddns/domain/rr-type.js';
import { FIXED } from '../../../src/ddns/domain/stored-rrset.js';
import { DnsCounters } from '../../../src/ddns/listeners/dns-counters.js';
import { TsigKeys } from '../../../src/ddns/transfer/tsig-keys.js';
import { encodeMessage } from '../../../src/ddns/wire/rr-encoder.js';
import { txtRdata } from '../../../src/ddns/wire/character-strings.js';
import { signTsigRequest } from '../../../src/ddns/wire/tsig.js';
import { tsigKey, type TsigKey } from '../../../src/ddns/wire/tsig-key.js';
import { DnsWorkers } from '../../../src/ddns/workers/dns-workers.js';
import { Readiness } from '../../../src/platform/health/readiness.js';
import { withDatabase } from '../../support/database.js';
import { NO_WRITE, startDdns, WORKER_SOURCES, ZONE, type DdnsServer } from './ddns-server.js';
import { ManyClients } from './many-clients.js';

const PROCESSES = 3;
const CLIENTS = 48;
const PARENT = fileURLToPath(new URL('worker-parent.ts', import.meta.url));

const database = withDatabase();
let server: DdnsServer;
let workers: DnsWorkers;
let clients: ManyClients;

beforeAll(async () => {
  server = await startDdns(database.url, { dns: { workers: PROCESSES } });
  workers = server.get(DnsWorkers);
  clients = new ManyClients(server.port, CLIENTS);
  await allAnswer();
});
afterAll(async () => {
  clients.close();
  await server.stop();
});

async function until(condition: () => boolean | Promise<boolean>, milliseconds = 15_000): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`did not happen within ${milliseconds} ms: ${String(condition)}`);
    await sleep(20);
  }
}

/** Also false for one that has ended and that nobody has asked about yet: in a container, init may not. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

const allAnswer = (): Promise<void> => until(() => workers.missing() === undefined);

function setText(label: string, text: string): Promise<unknown> {
  const name = mustWireName(`${label}.${ZONE}`);
  return server.writer.commit({
    zone: ZONE,
    scope: { names: [name] },
    edit: (zone) => zone.put(name, TYPE.TXT, 60, [{ rdata: txtRdata(text), owner: FIXED }]),
  });
}

/** The texts that all clients are answered, each once. */
async function texts(label: string): Promise<unknown[]> {
  const answers = await clients.askAll(`${label}.${ZONE}`, 'TXT');
  return [...new Set(answers.map((answer) => answer?.answers[0]))];
}

const answerOf = (label: string, text: string): string => `${label}.${ZONE}. 60 IN TXT "${text}"`;

describe('worker processes', () => {
  it('all serve a change as soon as it is committed', async () => {
    for (let round = 0; round < 20; round += 1) {
      await setText('change', `round ${round}`);
      expect(await texts('change')).toEqual([answerOf('change', `round ${round}`)]);
    }
  });

  it('all take their part of the queries, and their counters are summed up', async () => {
    const counters = server.get(DnsCounters);
    await sleep(1_500);
    const before = counters.udpQueries;
    const ofWorkersBefore = workers.states.map((state) => state.counters!.udpQueries);
    await texts('change');
    await until(() => counters.udpQueries === before + CLIENTS);
    const parts = workers.states.map((state, index) => state.counters!.udpQueries - ofWorkersBefore[index]!);
    const own = CLIENTS - parts.reduce((sum, part) => sum + part, 0);
    expect([...parts, own].every((part) => part > 0 && part < CLIENTS)).toBe(true);
  });

  it('count their answers by type and code, as the main process does', async () => {
    const counters = server.get(DnsCounters);
    const count = (type: number, rcode: number): number =>
      counters.answers().find((each) => each.qtype === type && each.rcode === rcode)?.count ?? 0;
    const before = { found: count(TYPE.SOA, 0), missing: count(TYPE.CAA, 3) };
    await clients.askAll(ZONE, 'SOA');
    await clients.askAll(`nothing.${ZONE}`, 'CAA');
    await until(() => count(TYPE.CAA, 3) === before.missing + CLIENTS);
    expect(count(TYPE.SOA, 0)).toBe(before.found + CLIENTS);
  });

  it('serve many changes at once, in the order in which they were committed', async () => {
    await Promise.all(Array.from({ length: 200 }, (_, index) => setText(`many${index % 20}`, String(index))));
    expect(await texts('many7')).toEqual([answerOf('many7', '187')]);
  });

  it('answer BADKEY to a key that nobody knows, whichever process was asked', async () => {
    const key = tsigKey(mustWireName('nobody.example'), 'hmac-sha256', Buffer.alloc(32, 7));
    const answers = await clients.sendAll(signedUpdate(key, '10.0.0.9'));
    expect(answers.map((answer) => answer!.message[3]! & 15)).toEqual(Array<number>(CLIENTS).fill(9));
  });

  it('count an answer to a forwarded message once', async () => {
    const counters = server.get(DnsCounters);
    const refused = (): number =>
      counters
        .answers()
        .filter(({ qtype, rcode }) => qtype === TYPE.SOA && rcode === 9)
        .reduce((sum, { count }) => sum + count, 0);
    const queries = counters.udpQueries;
    const key = tsigKey(mustWireName('nobody.example'), 'hmac-sha256', Buffer.alloc(32, 7));
    await until(() => refused() % CLIENTS === 0);
    const before = refused();
    await clients.sendAll(signedUpdate(key, '10.0.0.9'));
    // Both are of the same report of each worker.
    await until(() => counters.udpQueries >= queries + CLIENTS && refused() >= before + CLIENTS);
    expect(refused()).toBe(before + CLIENTS);
  });

  it('take TSIG-signed updates for the main process', async () => {
    const key = await deviceKey();
    const answers = await clients.sendAll(signedUpdate(key, '10.0.0.9'), 10_000);
    expect(answers.map((answer) => answer?.rcode)).toEqual(Array<string>(CLIENTS).fill('NOERROR'));
    const served = await clients.askAll(`k2v7.${ZONE}`, 'A');
    expect(new Set(served.map((answer) => answer?.answers.join()))).toEqual(
      new Set([`k2v7.${ZONE}. 60 IN A 10.0.0.9`]),
    );
  });
});

describe('the rate limit of several processes', () => {
  it('lets through no more than is configured for all of them, and is counted', async () => {
    const limited = await startDdns(database.url, {
      dns: { workers: PROCESSES, responsesPerSecond: 30, limitsLoopback: true },
    });
    const many = new ManyClients(limited.port, CLIENTS);
    try {
      const own = limited.get(DnsWorkers);
      await until(() => own.missing() === undefined);
      const begin = performance.now();
      let full = 0;
      for (let round = 0; round < 20; round += 1) {
        const answers = await many.askAll(ZONE, 'SOA', 100);
        full += answers.filter((answer) => answer && !answer.flags.includes('TC')).length;
      }
      const seconds = (performance.now() - begin) / 1000;
      // Five seconds' worth may come at once.
      expect(full).toBeLessThanOrEqual(Math.ceil(30 * (5 + seconds)));
      expect(full).toBeGreaterThan(30);
      const counters = limited.get(DnsCounters);
      await until(() => counters.udpQueries === 20 * CLIENTS);
      expect(counters.limited).toBeGreaterThanOrEqual(20 * CLIENTS - Math.ceil(30 * (5 + seconds)));
    } finally {
      many.close();
      await limited.stop();
    }
  });
});

describe('a worker process that dies', () => {
  it('loses its packets in flight and no more, and is replaced by one that has what changed meanwhile', async () => {
    const stream = new SteadyStream(server.port);
    await sleep(300);
    const [victim] = workers.states;
    process.kill(victim!.pid!, 'SIGKILL');
    await until(() => workers.missing() !== undefined);
    await setText('meanwhile', 'changed');
    const { checks } = await server.get(Readiness).report();
    expect(checks['dns']).toBe('1 of 2 DNS worker processes do not answer yet');
    await sleep(500);
    const { asked, lost } = await stream.end();
    expect(asked).toBeGreaterThan(500);
    // One client asks at a time on each socket: what was under way is at most one question a socket.
    expect(lost).toBeLessThanOrEqual(SteadyStream.SOCKETS);
    await allAnswer();
    expect(workers.states.map(({ pid }) => pid)).not.toContain(victim!.pid);
    expect(await texts('meanwhile')).toEqual([answerOf('meanwhile', 'changed')]);
  });

  it('that hangs is killed, so that a change waits for it for some seconds only', async () => {
    await allAnswer();
    const [, victim] = workers.states;
    process.kill(victim!.pid!, 'SIGSTOP');
    const begin = performance.now();
    await setText('hanging', 'goes on');
    expect(performance.now() - begin).toBeLessThan(6_000);
    expect(await texts('hanging')).toEqual([answerOf('hanging', 'goes on')]);
    await allAnswer();
    expect(workers.states.map(({ pid }) => pid)).not.toContain(victim!.pid);
    expect(await texts('hanging')).toEqual([answerOf('hanging', 'goes on')]);
  });
});

describe('the end of worker processes', () => {
  it('comes with the stop of the server', async () => {
    const other = await startDdns(database.url, { dns: { workers: 2 } });
    const own = other.get(DnsWorkers);
    await until(() => own.missing() === undefined);
    const { pid } = own.states[0]!;
    await other.stop();
    expect(() => process.kill(pid!, 0)).toThrow('ESRCH');
  });

  it('comes with the end of the main process, even when that is killed', async () => {
    const parent = spawn(process.execPath, [...WORKER_SOURCES.nodeOptions, PARENT], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [printed] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(printed.toString());
    process.kill(pid, 0);
    parent.kill('SIGKILL');
    await until(() => !isAlive(pid), 5_000);
  });
});

/** Asks on several sockets, one question at a time each, and gives up on a question after half a second. */
class SteadyStream {
  static readonly SOCKETS = 16;
  asked = 0;
  lost = 0;
  #isOver = false;
  readonly #loops: Promise<void>[];

  constructor(private readonly port: number) {
    this.#loops = Array.from({ length: SteadyStream.SOCKETS }, () => this.#ask());
  }

  async end(): Promise<{ asked: number; lost: number }> {
    this.#isOver = true;
    await Promise.all(this.#loops);
    return { asked: this.asked, lost: this.lost };
  }

  async #ask(): Promise<void> {
    const socket = createSocket('udp4');
    const questions = [{ name: mustWireName(ZONE), type: TYPE.SOA, class: CLASS_IN }];
    const query = encodeMessage({ id: 1, flags: 0, questions });
    while (!this.#isOver) {
      this.asked += 1;
      const isAnswered = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), 500);
        socket.once('message', () => {
          clearTimeout(timer);
          resolve(true);
        });
        socket.send(query, this.port, '127.0.0.1');
      });
      socket.removeAllListeners('message');
      if (!isAnswered) this.lost += 1;
    }
    socket.close();
  }
}

async function deviceKey(): Promise<TsigKey> {
  const device = { id: randomUUID(), name: `k2v7.${ZONE}`, zone: ZONE };
  await server.dataSource.query(
    `INSERT INTO devices (id, label, zone, name, state, addresses, enrolled_at)
     VALUES ($1, 'k2v7', $2, $3, 'active', '{}', now())`,
    [device.id, ZONE, device.name],
  );
  await server.names.publish(
    { deviceId: device.id, name: device.name, zone: ZONE, wildcard: false, addresses: ['10.0.0.1'] },
    NO_WRITE,
  );
  const keys = server.get(TsigKeys);
  const made = await server.dataSource.transaction((transaction) =>
    keys.createForDevice(transaction, { device, types: ['A'] }),
  );
  await keys.published();
  return tsigKey(mustWireName(made.name), made.algorithm, Buffer.from(made.secret, 'base64'));
}

function signedUpdate(key: TsigKey, address: string): Buffer {
  const name = mustWireName(`k2v7.${ZONE}`);
  const rdata = Buffer.from(address.split('.').map(Number));
  const message = encodeMessage({
    id: 9,
    flags: 0x2800,
    questions: [{ name: mustWireName(ZONE), type: TYPE.SOA, class: CLASS_IN }],
    authority: [
      { name, type: TYPE.A, class: 255, ttl: 0, rdata: Buffer.alloc(0) },
      { name, type: TYPE.A, class: CLASS_IN, ttl: 60, rdata },
    ],
  });
  return signTsigRequest(message, key, Math.floor(Date.now() / 1000)).message;
}
