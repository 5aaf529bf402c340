import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { FixedRecordService } from '../../../src/ddns/publishing/fixed-records.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { ask } from './ask.js';
import { NO_WRITE, startDdns, ZONE, type DdnsServer } from './ddns-server.js';

describeOnEachDatabase('fixed records', (database) => {
  let server: DdnsServer;
  let fixed: FixedRecordService;
  beforeAll(async () => {
    server = await startDdns(database.url);
    fixed = server.get(FixedRecordService);
    await database.dataSource.query(
      `INSERT INTO devices (id, label, zone, name, state, addresses, enrolled_at)
        VALUES ($1, 'gone', $3, 'gone.' || $3, 'deleted', '{}', now()), ($2, 'dev', $3, 'dev.' || $3, 'active', '{10.0.0.1}', now())`,
      [randomUUID(), randomUUID(), ZONE],
    );
    await server.names.publish(
      { deviceId: 'dev', name: `dev.${ZONE}`, zone: ZONE, addresses: ['10.0.0.1'], wildcard: false },
      NO_WRITE,
    );
  });
  afterAll(() => server.stop());

  const put = (name: string, type: string, ...values: string[]): Promise<void> =>
    fixed.put(ZONE, { name, type, ttl: 300, values });
  const answers = async (name: string, type: string): Promise<string[]> =>
    (await ask(server.port, name === '@' ? ZONE : `${name}.${ZONE}`, type)).answers;

  it.each([
    ['www', 'A', ['192.0.2.1', '192.0.2.2'], [`www.${ZONE}. 300 IN A 192.0.2.1`, `www.${ZONE}. 300 IN A 192.0.2.2`]],
    ['www', 'AAAA', ['2001:DB8:0::1'], [`www.${ZONE}. 300 IN AAAA 2001:db8::1`]],
    ['alias', 'CNAME', ['www'], [`alias.${ZONE}. 300 IN CNAME www.${ZONE}.`]],
    ['away', 'CNAME', ['www.example.com.'], [`away.${ZONE}. 300 IN CNAME www.example.com.`]],
    [
      '@',
      'MX',
      ['10 mail', '20 mx.example.com.'],
      [`${ZONE}. 300 IN MX 10 mail.${ZONE}.`, `${ZONE}. 300 IN MX 20 mx.example.com.`],
    ],
    [
      'text',
      'TXT',
      ['"v=spf1 -all"', 'two words'],
      [`text.${ZONE}. 300 IN TXT "v=spf1 -all"`, `text.${ZONE}. 300 IN TXT "two" "words"`],
    ],
    ['caa', 'CAA', ['128 issue "ca.test"'], [`caa.${ZONE}. 300 IN CAA 128 issue "ca.test"`]],
    ['*.pool', 'A', ['192.0.2.9'], [`*.pool.${ZONE}. 300 IN A 192.0.2.9`]],
    ['a.b.c', 'TXT', ['""'], [`a.b.c.${ZONE}. 300 IN TXT ""`]],
  ])('%s %s are served when put resolves', async (name, type, values, expected) => {
    await put(name, type, ...values);
    const found = name === 'alias' ? (await answers(name, type)).slice(0, 1) : await answers(name, type);
    expect(found).toEqual(expected);
  });

  it('replace what was there', async () => {
    await put('www', 'A', '192.0.2.7');
    expect(await answers('www', 'A')).toEqual([`www.${ZONE}. 300 IN A 192.0.2.7`]);
  });

  it('are listed as they can be put again', async () => {
    const listed = await fixed.list(ZONE);
    expect(listed).toEqual(
      expect.arrayContaining([
        { name: '@', type: 'MX', ttl: 300, values: [`10 mail.${ZONE}.`, '20 mx.example.com.'] },
        { name: 'text', type: 'TXT', ttl: 300, values: ['"v=spf1 -all"', '"two" "words"'] },
        { name: '*.pool', type: 'A', ttl: 300, values: ['192.0.2.9'] },
      ]),
    );
    const serial = server.served.zone(ZONE)!.serial;
    for (const records of listed) await fixed.put(ZONE, records);
    expect(server.served.zone(ZONE)!.serial).toBe(serial);
    expect(listed.some(({ name }) => name === 'dev' || name === 'ns1')).toBe(false);
  });

  it('delegate a child, with glue', async () => {
    await put('ns.child', 'A', '192.0.2.54');
    await put('child', 'NS', 'ns.child', 'ns.example.net.');
    expect(await ask(server.port, `www.child.${ZONE}`, 'A')).toMatchObject({
      flags: [],
      authority: [`child.${ZONE}. 300 IN NS ns.child.${ZONE}.`, `child.${ZONE}. 300 IN NS ns.example.net.`],
      additional: [`ns.child.${ZONE}. 300 IN A 192.0.2.54`],
    });
  });

  it.each([
    ['an address that is none', 'x', 'A', ['10.0.0'], '"10.0.0" is not an IPv4 address.'],
    ['an IPv6 address in an A record', 'x', 'A', ['::1'], 'is not an IPv4 address'],
    ['a type that cannot be set', 'x', 'SOA', ['x'], 'type is one of A, AAAA, NS, CNAME, MX, TXT, CAA'],
    ['no values', 'x', 'A', [], 'at least one value'],
    ['an MX without preference', '@', 'MX', ['mail'], 'write it as "10 mail.example.com."'],
    ['a CAA without quotes around what needs them', '@', 'CAA', ['0 issue a b'], 'write it as 0 issue "ca.example"'],
    ['a broken text', 'x', 'TXT', ['"open'], 'quote it'],
    ['a name outside the zone', 'www.example.com.', 'A', ['10.0.0.1'], 'is not a name in the zone'],
    ['a name that repeats the zone', `www.${ZONE}`, 'A', ['10.0.0.1'], 'Names are relative to the apex: write "www"'],
    ['a name that is none', 'a..b', 'A', ['10.0.0.1'], 'is not a name in the zone'],
    ['another NS at the apex', '@', 'NS', ['ns.example.net.'], 'FLEETCERT_NAMESERVERS|kept by the server'],
    ['a CNAME at the apex', '@', 'CNAME', ['www'], 'The apex cannot be an alias'],
    ['an address of a configured name server', 'ns1', 'A', ['10.0.0.1'], 'kept by the server itself'],
    ['a CNAME beside other records', 'www', 'CNAME', ['text'], 'a CNAME record has to be alone'],
    ['two CNAMEs', 'two', 'CNAME', ['a', 'b'], 'one CNAME record only'],
    ['another record beside a CNAME', 'alias', 'TXT', ['x'], 'has a CNAME record'],
    ['a device’s name', 'dev', 'TXT', ['x'], `dev.${ZONE} is a device's name`],
    ['a name below a device’s', '_acme-challenge.dev', 'TXT', ['x'], `dev.${ZONE} is a device's name`],
    ['the name of a device that was deleted', 'gone', 'A', ['10.0.0.1'], `gone.${ZONE} is a device's name`],
    ['a delegation that hides texts', 'b.c', 'NS', ['ns.example.net.'], 'would hide the TXT records of a.b.c'],
    ['records below a delegation', 'www.child', 'TXT', ['x'], 'is delegated'],
    ['a delegated wildcard', '*.w', 'NS', ['ns.example.net.'], 'A wildcard cannot be delegated'],
    [
      'more than an answer can hold',
      'x',
      'TXT',
      Array.from({ length: 300 }, (_, index) => `${index}${'x'.repeat(240)}`),
      'more than one answer can hold',
    ],
  ])('refuse %s', async (_what, name, type, values, expected) => {
    await expect(put(name, type, ...values)).rejects.toMatchObject({
      code: 'record_rejected',
      detail: expect.stringMatching(
        new RegExp(expected.includes('|') ? expected : expected.replace(/[.*+?^${}()[\]\\]/g, '\\$&')),
      ),
    });
  });

  it('are gone when delete resolves, and cannot be deleted twice', async () => {
    await fixed.delete(ZONE, { name: 'www', type: 'A' });
    expect(await answers('www', 'A')).toEqual([]);
    await expect(fixed.delete(ZONE, { name: 'www', type: 'A' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(fixed.delete(ZONE, { name: 'ns1', type: 'A' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(fixed.delete(ZONE, { name: 'dev', type: 'A' })).rejects.toMatchObject({ code: 'not_found' });
    expect(await answers('dev', 'A')).toHaveLength(1);
  });

  it('of an unknown zone are refused', async () => {
    await expect(fixed.list('other.test')).rejects.toMatchObject({ code: 'unknown_zone' });
  });
});
