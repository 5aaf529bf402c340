import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { mustWireName } from '../../src/ddns/domain/name.js';
import { CLASS_IN, TYPE } from '../../src/ddns/domain/rr-type.js';
import { Secondaries } from '../../src/ddns/transfer/secondaries.js';
import { encodeMessage } from '../../src/ddns/wire/rr-encoder.js';
import { withDatabase } from '../support/database.js';
import { describeWithPeers } from '../support/peers.js';
import { type DdnsServer, NO_WRITE, startDdns, ZONE } from './ddns/ddns-server.js';
import { run } from './ddns-transfer-run.js';

const NAMES = 100_000;
const ROUNDS = 5;

const database = withDatabase();
let server: DdnsServer;

beforeAll(async () => {
  await database.dataSource.query(
    `INSERT INTO rrsets (zone, name, type, ttl, rdata, owners)
      SELECT $1, md5(n::text) || '.' || $1, 1, 60,
          ARRAY[decode(lpad(to_hex(167772160 + n), 8, '0'), 'hex')], ARRAY['device:' || md5(n::text)::uuid]
        FROM generate_series(1, ${NAMES}) AS n`,
    [ZONE],
  );
  server = await startDdns(database.url);
  await server.get(Secondaries).create({ zone: ZONE, address: '127.0.0.1', port: 5300 });
});
afterAll(() => server.stop());

function query(name: string, type: number): Buffer {
  return encodeMessage({ id: 1, flags: 0, questions: [{ name: mustWireName(name), type, class: CLASS_IN }] });
}

/** Receives the whole zone. @returns in how many messages it came. */
async function transferByKdig(): Promise<number> {
  const { stdout } = await run('kdig', ['@127.0.0.1', '-p', String(server.port), ZONE, 'AXFR'], { seconds: 60 });
  const [, messages, records] = /\((\d+) messages, (\d+) records\)/.exec(stdout) ?? [];
  expect(Number(records)).toBeGreaterThan(NAMES);
  return Number(messages);
}

describeWithPeers(['kdig'], `AXFR of ${NAMES} names`, () => {
  it('is made in messages that each take less than a millisecond, so queries do not wait for it', async () => {
    // Time on the processor: what other programs of the machine do meanwhile is not ours.
    const before = process.threadCpuUsage();
    let messages = 0;
    for (let round = 0; round < ROUNDS; round += 1) messages += await transferByKdig();
    const { user, system } = process.threadCpuUsage(before);
    const milliseconds = (user + system) / 1000 / messages;
    if (process.env['FLEETCERT_SHOW_TIMES']) {
      process.stdout.write(`${messages / ROUNDS} messages of ${milliseconds.toFixed(3)} ms\n`);
    }
    expect(messages / ROUNDS).toBeGreaterThan(200);
    expect(milliseconds).toBeLessThan(1);
  });
});

describe('a client that does not keep up', () => {
  it('takes a transfer at its own pace: we hold no more than the socket’s buffers', async () => {
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.pause();
    const axfr = query(ZONE, TYPE.AXFR);
    socket.write(Buffer.concat([Buffer.of(axfr.length >> 8, axfr.length & 0xff), axfr]));
    await sleep(1000);
    // By now a sender without patience would have written it all, and shown the client what comes later.
    await server.names.publish(
      { deviceId: 'd1', name: `d1.${ZONE}`, zone: ZONE, wildcard: false, addresses: ['10.1.1.1'] },
      NO_WRITE,
    );
    let octets = 0;
    socket.on('data', (chunk) => (octets += chunk.length));
    socket.resume();
    await expect.poll(() => octets, { timeout: 10_000 }).toBeGreaterThan(3_000_000);
    socket.destroy();
  });

  it('and goes away leaves the server answering, and room for other transfers', async () => {
    const axfr = query(ZONE, TYPE.AXFR);
    for (let count = 0; count < 40; count += 1) {
      const socket = connect(server.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(Buffer.concat([Buffer.of(axfr.length >> 8, axfr.length & 0xff), axfr]));
      await once(socket, 'data');
      socket.destroy();
    }
    const socket = connect(server.port, '127.0.0.1');
    let octets = 0;
    socket.on('data', (chunk) => (octets += chunk.length));
    socket.write(Buffer.concat([Buffer.of(axfr.length >> 8, axfr.length & 0xff), axfr]));
    await expect.poll(() => octets, { timeout: 10_000 }).toBeGreaterThan(3_000_000);
    socket.destroy();
  });
});
