import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Secondaries } from '../../src/ddns/transfer/secondaries.js';
import { type CreatedTsigKey, TsigKeys } from '../../src/ddns/transfer/tsig-keys.js';
import { withDatabase } from '../support/database.js';
import { describeWithPeers } from '../support/peers.js';
import { type DdnsServer, startDdns, ZONE } from './ddns/ddns-server.js';
import { dig, recordsOf, run } from './ddns-transfer-run.js';

const database = withDatabase();
let server: DdnsServer;
let keys: TsigKeys;

beforeAll(async () => {
  server = await startDdns(database.url);
  keys = server.get(TsigKeys);
});
afterAll(() => server.stop());

describe('TSIG keys of a zone', () => {
  it('are made with a secret as long as their hash, which is shown once and sealed at rest', async () => {
    const key = await keys.createForTransfer({ zone: ZONE, name: 'Long.Example.', algorithm: 'HMAC-SHA512' });
    expect(key).toMatchObject({ name: 'long.example', algorithm: 'hmac-sha512' });
    expect(Buffer.from(key.secret, 'base64')).toHaveLength(64);
    expect(await keys.list(ZONE)).toContainEqual({
      name: 'long.example',
      algorithm: 'hmac-sha512',
      use: 'transfer',
      createdAt: expect.any(Date) as Date,
    });
    const rows = await server.dataSource.query<{ sealed_secret: string }[]>('SELECT sealed_secret FROM tsig_keys');
    expect(JSON.stringify(rows)).not.toContain(key.secret);
  });

  it.each([
    ['a zone of others', { zone: 'example.org', name: 'a.example', algorithm: 'hmac-sha256' }, 'unknown_zone'],
    ['no name', { zone: ZONE, name: '', algorithm: 'hmac-sha256' }, 'invalid_request'],
    ['a broken name', { zone: ZONE, name: 'a..b', algorithm: 'hmac-sha256' }, 'invalid_request'],
    ['MD5', { zone: ZONE, name: 'a.example', algorithm: 'hmac-md5' }, 'invalid_request'],
    ['a name that is taken', { zone: ZONE, name: 'long.example', algorithm: 'hmac-sha256' }, 'conflict'],
  ])('are refused with %s', async (_, wanted, code) => {
    await expect(keys.createForTransfer(wanted)).rejects.toMatchObject({ code });
  });

  it('are gone when they are deleted, and their name is free again', async () => {
    const wanted = { zone: ZONE, name: 'short-lived.example', algorithm: 'hmac-sha256' };
    await keys.createForTransfer(wanted);
    await keys.delete(ZONE, 'Short-Lived.Example.');
    expect((await keys.list(ZONE)).map(({ name }) => name)).not.toContain('short-lived.example');
    await expect(keys.delete(ZONE, 'short-lived.example')).rejects.toMatchObject({ code: 'not_found' });
    await keys.createForTransfer(wanted);
  });

  it('stay while a secondary uses them', async () => {
    const secondaries = server.get(Secondaries);
    await keys.createForTransfer({ zone: ZONE, name: 'used.example', algorithm: 'hmac-sha256' });
    const { id } = await secondaries.create({ zone: ZONE, address: '127.0.0.9', port: 9, tsigKey: 'used.example' });
    await expect(keys.delete(ZONE, 'used.example')).rejects.toMatchObject({ code: 'conflict' });
    await secondaries.delete(ZONE, id);
    await keys.delete(ZONE, 'used.example');
  });
});

describe('secondaries of a zone', () => {
  it('are listed with the serial that they serve, or none when they do not answer', async () => {
    const secondaries = server.get(Secondaries);
    // This server itself, for want of another.
    await secondaries.create({ zone: ZONE, address: '127.0.0.1', port: server.port });
    await secondaries.create({ zone: ZONE, address: '127.0.0.1', port: 1 });
    const list = await secondaries.list(ZONE);
    expect(list).toMatchObject([
      { address: '127.0.0.1', port: server.port, tsigKey: null, serial: server.served.zone(ZONE)?.serial },
      { address: '127.0.0.1', port: 1, tsigKey: null, serial: null },
    ]);
    for (const { id } of list) await secondaries.delete(ZONE, id);
    expect(await secondaries.list(ZONE)).toEqual([]);
  });

  it.each([
    ['a zone of others', { zone: 'example.org', address: '127.0.0.1', port: 53 }, 'unknown_zone'],
    ['a name for an address', { zone: ZONE, address: 'ns.example', port: 53 }, 'invalid_request'],
    ['port 0', { zone: ZONE, address: '127.0.0.1', port: 0 }, 'invalid_request'],
    ['an unknown key', { zone: ZONE, address: '127.0.0.1', port: 53, tsigKey: 'none.example' }, 'not_found'],
  ])('are refused with %s', async (_, wanted, code) => {
    await expect(server.get(Secondaries).create(wanted)).rejects.toMatchObject({ code });
  });

  it('are refused twice, and cannot be deleted twice', async () => {
    const secondaries = server.get(Secondaries);
    const wanted = { zone: ZONE, address: 'FD00:0::1', port: 53 };
    const { id } = await secondaries.create(wanted);
    await expect(secondaries.create({ ...wanted, address: 'fd00::1' })).rejects.toMatchObject({ code: 'conflict' });
    await secondaries.delete(ZONE, id);
    await expect(secondaries.delete(ZONE, id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(secondaries.delete(ZONE, 'no-uuid')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describeWithPeers(['dig', 'kdig'], 'TSIG with dig and kdig', () => {
  const made = new Map<string, CreatedTsigKey>();
  beforeAll(async () => {
    for (const algorithm of ['hmac-sha256', 'hmac-sha384', 'hmac-sha512']) {
      made.set(algorithm, await keys.createForTransfer({ zone: ZONE, name: `${algorithm}.example`, algorithm }));
    }
  });

  it.each(['hmac-sha256', 'hmac-sha384', 'hmac-sha512'])('%s signs a query and its answer', async (algorithm) => {
    const key = keyArgument(made.get(algorithm)!);
    for (const transport of ['+notcp', '+tcp']) {
      const output = await dig(server.port, transport, '-y', key, ZONE, 'SOA');
      expect(output).toContain('status: NOERROR');
      expect(output).toContain('TSIG PSEUDOSECTION');
      expect(output).not.toMatch(/could not be validated|tsig verify failure/i);
    }
    const output = await run('kdig', ['@127.0.0.1', '-p', String(server.port), '-y', key, ZONE, 'SOA']);
    expect(output.stdout).toContain('status: NOERROR');
    expect(output.stdout + output.stderr).not.toMatch(/;; (WARNING|ERROR)/);
  });

  it('a negative answer and a refusal are signed too', async () => {
    const key = keyArgument(made.get('hmac-sha256')!);
    const negative = await dig(server.port, '-y', key, `absent.${ZONE}`, 'A');
    expect(negative).toContain('status: NXDOMAIN');
    const refused = await dig(server.port, '-y', key, 'example.org', 'A');
    expect(refused).toContain('status: REFUSED');
    expect(negative + refused).not.toMatch(/could not be validated|tsig verify failure/i);
  });

  it('an unknown key is NOTAUTH and BADKEY', async () => {
    const secret = made.get('hmac-sha256')!.secret;
    const output = await dig(server.port, '-y', `hmac-sha256:unknown.example:${secret}`, ZONE, 'SOA');
    expect(output).toContain('status: NOTAUTH');
    expect(output).toContain('BADKEY');
    expect(recordsOf(output)).toEqual([]);
  });

  it('a wrong secret is NOTAUTH and BADSIG', async () => {
    const { name } = made.get('hmac-sha256')!;
    const output = await dig(
      server.port,
      '-y',
      `hmac-sha256:${name}:${Buffer.alloc(32).toString('base64')}`,
      ZONE,
      'SOA',
    );
    expect(output).toContain('status: NOTAUTH');
    expect(output).toContain('BADSIG');
  });

  it('a deleted key is BADKEY at once', async () => {
    const key = await keys.createForTransfer({ zone: ZONE, name: 'ended.example', algorithm: 'hmac-sha256' });
    expect(await dig(server.port, '-y', keyArgument(key), ZONE, 'SOA')).toContain('status: NOERROR');
    await keys.delete(ZONE, 'ended.example');
    expect(await dig(server.port, '-y', keyArgument(key), ZONE, 'SOA')).toContain('BADKEY');
  });

  it('a key made on one server is known to another', async () => {
    const other = await startDdns(database.url);
    try {
      const key = await keys.createForTransfer({ zone: ZONE, name: 'shared.example', algorithm: 'hmac-sha256' });
      await expect.poll(() => dig(other.port, '-y', keyArgument(key), ZONE, 'SOA')).toContain('status: NOERROR');
      await keys.delete(ZONE, 'shared.example');
      await expect.poll(() => dig(other.port, '-y', keyArgument(key), ZONE, 'SOA')).toContain('BADKEY');
    } finally {
      await other.stop();
    }
  });
});

function keyArgument({ algorithm, name, secret }: CreatedTsigKey): string {
  return `${algorithm}:${name}:${secret}`;
}
