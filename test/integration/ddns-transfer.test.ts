import { afterAll, beforeAll, expect, it } from 'vitest';

import { mustWireName } from '../../src/ddns/domain/name.js';
import { CLASS_IN, TYPE } from '../../src/ddns/domain/rr-type.js';
import { Secondaries } from '../../src/ddns/transfer/secondaries.js';
import { TsigKeys } from '../../src/ddns/transfer/tsig-keys.js';
import { RCODE } from '../../src/ddns/wire/message-codes.js';
import { encodeMessage } from '../../src/ddns/wire/rr-encoder.js';
import { signTsigRequest, verifyTsigAnswer } from '../../src/ddns/wire/tsig.js';
import { tsigKey } from '../../src/ddns/wire/tsig-key.js';
import { withDatabase } from '../support/database.js';
import { describeWithPeers } from '../support/peers.js';
import { exchangeUdp } from './ddns/ask.js';
import { type DdnsServer, NO_WRITE, startDdns, ZONE } from './ddns/ddns-server.js';
import { dig, recordsOf, run } from './ddns-transfer-run.js';

const database = withDatabase();
let server: DdnsServer;
let key: string;
let otherKey: string;

beforeAll(async () => {
  server = await startDdns(database.url);
  const keys = server.get(TsigKeys);
  const made = await keys.createForTransfer({ zone: ZONE, name: 'transfer.example', algorithm: 'hmac-sha256' });
  key = `hmac-sha256:${made.name}:${made.secret}`;
  otherKey = `hmac-sha256:${made.name}:${Buffer.alloc(32).toString('base64')}`;
  await publish('first', ['10.0.0.1', 'fd00::1']);
});
afterAll(() => server.stop());

function publish(label: string, addresses: readonly string[]): Promise<void> {
  const name = `${label}.${ZONE}`;
  return server.names.publish({ deviceId: label, name, zone: ZONE, wildcard: false, addresses }, NO_WRITE);
}

const serial = (): number => server.served.zone(ZONE)!.serial!;

/** `dig` for a transfer, without the comments. */
async function transfer(...args: readonly string[]): Promise<readonly string[]> {
  return (await dig(server.port, '+nocomments', '+nostats', '+noedns', ...args, ZONE))
    .split('\n')
    .filter((line) => line !== '' && !/^;|\sTSIG\s/.test(line))
    .map((line) => line.replaceAll(/\s+/g, ' '));
}

describeWithPeers(['dig', 'kdig'], 'AXFR', () => {
  it('has the whole zone between two SOAs, signed, with dig and with kdig', async () => {
    const records = await transfer('AXFR', '-y', key);
    expect(records[0]).toBe(records.at(-1));
    expect(records[0]).toBe(
      `fleet.test. 3600 IN SOA ns1.fleet.test. hostmaster.fleet.test. ${serial()} 900 300 1209600 60`,
    );
    expect(records.slice(1, -1).toSorted()).toEqual([
      '10-0-0-1.first.fleet.test. 60 IN A 10.0.0.1',
      'fd00--1.first.fleet.test. 60 IN AAAA fd00::1',
      'first.fleet.test. 60 IN A 10.0.0.1',
      'first.fleet.test. 60 IN AAAA fd00::1',
      'fleet.test. 3600 IN NS ns1.fleet.test.',
      'ns1.fleet.test. 3600 IN A 127.0.0.1',
    ]);
    const kdig = await run('kdig', ['@127.0.0.1', '-p', String(server.port), '-y', key, ZONE, 'AXFR']);
    expect(kdig.stdout).toContain('Received');
    expect(kdig.stdout + kdig.stderr).not.toMatch(/;; (WARNING|ERROR)/);
  });

  it.each([
    ['without a key', [], 'Transfer failed'],
    ['with a wrong secret', ['other'], 'BADSIG'],
  ])('is refused %s', async (_, withKey, complaint) => {
    const output = await dig(server.port, 'AXFR', ...(withKey.length > 0 ? ['-y', otherKey] : []), ZONE);
    expect(output).toMatch(new RegExp(`${complaint}|NOTAUTH`));
    expect(recordsOf(output)).toEqual([]);
  });

  it('is refused with the key of an update, and with that of another zone', async () => {
    const deviceId = '00000000-0000-4000-8000-000000000001';
    await server.dataSource.query(
      `INSERT INTO devices (id, label, zone, name, state, addresses, enrolled_at)
       VALUES ($1, 'u', $2, $3, 'active', '{}', now())`,
      [deviceId, ZONE, `u.${ZONE}`],
    );
    const keys = server.get(TsigKeys);
    const update = await server.dataSource.transaction((transaction) =>
      keys.createForDevice(transaction, { device: { id: deviceId, name: `u.${ZONE}`, zone: ZONE }, types: ['TXT'] }),
    );
    await keys.published();
    const output = await dig(server.port, 'AXFR', '-y', `hmac-sha256:${update.name}:${update.secret}`, ZONE);
    expect(output).toContain('Transfer failed');
    expect(recordsOf(output)).toEqual([]);
  });

  it.each([
    ['a zone of others', 'example.org', 'NOTAUTH'],
    ['a name inside the zone', `first.${ZONE}`, 'NOTAUTH'],
  ])('of %s (%s) is %s', async (_, name, rcode) => {
    const output = await run('kdig', ['@127.0.0.1', '-p', String(server.port), '-y', key, name, 'AXFR']);
    expect(output.stdout + output.stderr).toContain(rcode);
  });

  it('over UDP is a format error', async () => {
    const [, name = '', secret = ''] = key.split(':');
    const query = encodeMessage({
      id: 7,
      flags: 0,
      questions: [{ name: mustWireName(ZONE), type: TYPE.AXFR, class: CLASS_IN }],
    });
    const shared = tsigKey(mustWireName(name), 'hmac-sha256', Buffer.from(secret, 'base64'));
    const signed = signTsigRequest(query, shared, Math.floor(Date.now() / 1000));
    const answer = await exchangeUdp(server.port, signed.message);
    expect(answer.readUInt16BE(2) & 0x0f).toBe(RCODE.FORMERR);
    expect(verifyTsigAnswer(answer, shared, signed, Math.floor(Date.now() / 1000))).toBe(true);
  });

  it('is allowed to the address of a secondary without a key, and not to one that has to sign', async () => {
    const secondaries = server.get(Secondaries);
    const byAddress = await secondaries.create({ zone: ZONE, address: '127.0.0.1', port: 5300 });
    expect(await transfer('AXFR')).toHaveLength(8);
    await secondaries.delete(ZONE, byAddress.id);
    expect(await transfer('AXFR')).toHaveLength(0);
    const signed = await secondaries.create({
      zone: ZONE,
      address: '127.0.0.1',
      port: 5300,
      tsigKey: 'transfer.example',
    });
    expect(await transfer('AXFR')).toHaveLength(0);
    expect(await transfer('AXFR', '-y', key)).toHaveLength(8);
    await secondaries.delete(ZONE, signed.id);
  });
});

describeWithPeers(['dig'], 'IXFR', () => {
  it('is the SOA alone when the client is current, or ahead', async () => {
    for (const asked of [serial(), serial() + 1]) {
      const records = await transfer(`IXFR=${asked}`, '-y', key);
      expect(records).toHaveLength(1);
      expect(records[0]).toContain(` ${serial()} `);
    }
  });

  it('is the SOA alone over UDP', async () => {
    const before = serial();
    await publish('udp', ['10.0.0.7']);
    expect(await transfer('+notcp', `IXFR=${before}`, '-y', key)).toHaveLength(1);
  });

  it('has what went and what came since the serial of the client, condensed', async () => {
    const before = serial();
    await publish('second', ['10.0.0.2']);
    await publish('third', ['10.0.0.3']);
    await publish('second', ['10.0.0.22']);
    const records = await transfer(`IXFR=${before}`, '-y', key);
    const soas = records.filter((record) => record.includes(' SOA ')).map((record) => Number(record.split(' ')[6]));
    expect(soas).toEqual([serial(), before, serial(), serial()]);
    expect(records.filter((record) => !record.includes(' SOA ')).toSorted()).toEqual([
      '10-0-0-22.second.fleet.test. 60 IN A 10.0.0.22',
      '10-0-0-3.third.fleet.test. 60 IN A 10.0.0.3',
      'second.fleet.test. 60 IN A 10.0.0.22',
      'third.fleet.test. 60 IN A 10.0.0.3',
    ]);
  });

  it('from a serial that the journal does not know is the whole zone', async () => {
    const records = await transfer('IXFR=1', '-y', key);
    expect(records.toSorted()).toEqual((await transfer('AXFR', '-y', key)).toSorted());
  });

  it('is refused without a key', async () => {
    expect(await transfer(`IXFR=${serial()}`)).toEqual([]);
  });
});

describeWithPeers(['dig'], 'incoming NOTIFY', () => {
  it.each([
    ['a zone of ours', ZONE, 'REFUSED'],
    ['a zone of others', 'example.org', 'NOTAUTH'],
  ])('for %s (%s) is answered with %s', async (_, zone, rcode) => {
    const output = await dig(server.port, '+opcode=NOTIFY', zone, 'SOA');
    expect(output).toContain('opcode: NOTIFY');
    expect(output).toContain(`status: ${rcode}`);
  });
});
