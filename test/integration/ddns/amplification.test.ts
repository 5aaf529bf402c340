import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApexRecords } from '../../../src/ddns/publishing/apex-records.js';
import { ChallengeRecords } from '../../../src/ddns/publishing/challenge-records.js';
import { FixedRecordService } from '../../../src/ddns/publishing/fixed-records.js';
import { withDatabase } from '../../support/database.js';
import { aQuery, anOption, type EdnsWanted } from './a-query.js';
import { type DdnsServer, NO_WRITE, startDdns, ZONE } from './ddns-server.js';

/**
 * The largest answer to an unauthenticated UDP query, divided by its query, for what a zone holds. The figures stand in
 * docs/benchmarks.md too; they are exact, because nothing in them depends on a clock.
 */
const STATED = [
  { what: 'names of devices, and names that do not exist', name: 'own', factor: 2.5 },
  { what: 'the apex: SOA, NS with addresses, CAA with an account', name: 'apex', factor: 5.7 },
  { what: 'two challenges at once', name: 'challenges', factor: 2.9 },
  { what: 'a delegation to 13 name servers with 26 addresses', name: 'referral', factor: 20.8 },
  { what: 'the largest RRset that fits, set by an operator or a device', name: 'largest', factor: 29.6 },
] as const;

const DEVICE = `k2v7qwertyabcdef.${ZONE}`;
const BUSY = `m3w8qwertyabcdef.${ZONE}`;
/** Names of each group, with what is not there below and beside them. */
const NAMES = {
  own: [DEVICE, `10-1-1-4.${DEVICE}`, `any.${DEVICE}`, `x.${BUSY}`, `nothing.${ZONE}`, `a.b.c.d.${ZONE}`],
  apex: [ZONE, ZONE.toUpperCase(), `ns1.${ZONE}`, 'test', 'www.example.com', '.'],
  challenges: [`_acme-challenge.${DEVICE}`],
  referral: [`c.${ZONE}`, `x.c.${ZONE}`],
  largest: [`t.${ZONE}`, `_acme-challenge.${BUSY}`, `w.${ZONE}`, `alias.${ZONE}`],
};
const TYPES = [...Array.from({ length: 262 }, (_, type) => type), 32_768, 65_280, 65_399, 65_535];
const EDNS: readonly (EdnsWanted | undefined)[] = [
  undefined,
  { size: 512 },
  { size: 1232 },
  { size: 65_535, flags: 0x8000 },
  { size: 4096, options: anOption(10, Buffer.alloc(8, 1)) },
];

const database = withDatabase();
let server: DdnsServer;
let asker: Asker;

beforeAll(async () => {
  const addresses = (last: number): string[] => [`192.0.2.${last}`, `2001:db8::${last}`];
  server = await startDdns(database.url, {
    dns: {
      nameServers: [1, 2].map((number) => ({ name: `ns${number}.${ZONE}`, addresses: addresses(number) })),
    },
  });
  const publish = (name: string, wildcard: boolean, published: readonly string[]): Promise<void> =>
    server.names.publish({ deviceId: randomUUID(), name, zone: ZONE, wildcard, addresses: published }, NO_WRITE);
  await publish(DEVICE, true, ['10.1.1.4', 'fd00::4']);
  await publish(BUSY, false, ['10.1.1.5', '10.1.1.6', '10.1.1.7', 'fd00::5', 'fd00::6', 'fd00::7']);
  const account = 'https://acme-v02.api.letsencrypt.org/acme/acct/1234567890';
  await server
    .get(ApexRecords)
    .setCaa(ZONE, [`0 issue "letsencrypt.org; accounturi=${account}; validationmethods=dns-01"`]);
  const challenges = server.get(ChallengeRecords);
  for (const [name, count] of [
    [DEVICE, 2],
    [BUSY, 30],
  ] as const) {
    for (let index = 0; index < count; index += 1) {
      const value = `${String(index).padStart(2, '0')}${'v'.repeat(41)}`;
      await challenges.publish({ name: `_acme-challenge.${name}`, value, orderId: randomUUID() });
    }
  }
  const fixed = server.get(FixedRecordService);
  const put = (name: string, type: string, values: readonly string[]): Promise<void> =>
    fixed.put(ZONE, { name, type, ttl: 300, values: [...values] });
  // As large as fits: what an operator may set, or a device with a key for TXT.
  await put('t', 'TXT', [0, 1, 2, 3].map((index) => `"${String(index).repeat(255)}"`).concat(`"${'4'.repeat(85)}"`));
  await put(
    'c',
    'NS',
    Array.from({ length: 13 }, (_, index) => `ns${index}.c`),
  );
  for (let index = 0; index < 13; index += 1) {
    await put(`ns${index}.c`, 'A', [`192.0.2.${100 + index}`]);
    await put(`ns${index}.c`, 'AAAA', [`2001:db8::${100 + index}`]);
  }
  await put(
    'w',
    'MX',
    Array.from({ length: 20 }, (_, index) => `${index} mx${index}.w`),
  );
  await put('alias', 'CNAME', ['t']);
  asker = await Asker.open(server.port);
}, 120_000);
afterAll(async () => {
  asker.close();
  await server.stop();
});

describe('the largest answer to an unauthenticated UDP query, divided by its query', () => {
  it.each(STATED)('is at most $factor for $what', { timeout: 120_000 }, async ({ name: group, factor }) => {
    let largest = { ratio: 0, what: '' };
    for (const name of NAMES[group]) {
      for (const edns of EDNS) {
        const queries = TYPES.map((type) =>
          aQuery({ ...(name === '.' ? { wire: Buffer.of(0) } : { name }), type: `TYPE${type}`, ...(edns && { edns }) }),
        );
        const answers = await asker.askAll(queries);
        answers.forEach((octets, index) => {
          expect(octets).toBeLessThanOrEqual(edns ? 1232 : 512);
          const ratio = octets / queries[index]!.length;
          const what = `${name} TYPE${TYPES[index]} ${JSON.stringify(edns)}: ${octets} to ${queries[index]!.length}`;
          if (ratio > largest.ratio) largest = { ratio, what };
        });
      }
    }
    process.stdout.write(`amplification: ${largest.ratio.toFixed(2)} (${largest.what})\n`);
    expect(largest.ratio).toBeLessThanOrEqual(factor);
    // Not far below either: then the figure that is stated is of something else.
    expect(largest.ratio).toBeGreaterThan(factor - 0.1);
  });

  it('is stated in the documentation', () => {
    const text = readFileSync(new URL('../../../docs/benchmarks.md', import.meta.url), 'utf8');
    for (const { factor, what } of STATED) expect(text).toContain(`| ${what} | ${factor} |`);
  });
});

/** Asks many questions over one socket, a hundred at a time, and again what got no answer. */
class Asker {
  readonly #waiting = new Map<number, (octets: number) => void>();
  #id = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly port: number,
  ) {
    socket.on('message', (answer) => this.#waiting.get(answer.readUInt16BE(0))?.(answer.length));
  }

  static open(port: number): Promise<Asker> {
    const socket = createSocket('udp4');
    return new Promise((resolve) => socket.bind(0, '127.0.0.1', () => resolve(new Asker(socket, port))));
  }

  /** @returns how many octets each was answered with. */
  async askAll(queries: readonly Buffer[]): Promise<number[]> {
    const sizes: number[] = [];
    for (let at = 0; at < queries.length; at += 100) {
      sizes.push(...(await Promise.all(queries.slice(at, at + 100).map((query) => this.#ask(query)))));
    }
    return sizes;
  }

  close(): void {
    this.socket.close();
  }

  #ask(query: Buffer): Promise<number> {
    this.#id = (this.#id + 1) & 0xffff;
    const id = this.#id;
    query.writeUInt16BE(id, 0);
    return new Promise((resolve) => {
      const send = (): void => this.socket.send(query, this.port, '127.0.0.1');
      const again = setInterval(send, 1_000);
      this.#waiting.set(id, (octets) => {
        clearInterval(again);
        this.#waiting.delete(id);
        resolve(octets);
      });
      send();
    });
  }
}
