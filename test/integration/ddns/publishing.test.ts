import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { mustWireName } from '../../../src/ddns/domain/name.js';
import { orderOwner } from '../../../src/ddns/domain/stored-rrset.js';
import { ApexRecords } from '../../../src/ddns/publishing/apex-records.js';
import { ChallengeRecords } from '../../../src/ddns/publishing/challenge-records.js';
import { IpNameMode } from '../../../src/ddns/publishing/ip-name-mode.js';
import { FixedRecordService } from '../../../src/ddns/publishing/fixed-records.js';
import { describeOnEachDatabase, withDatabase } from '../../support/database.js';
import { ask } from './ask.js';
import { NO_WRITE, startDdns, ZONE, type DdnsServer } from './ddns-server.js';

function aDevice(label: string, addresses: readonly string[], wildcard = false) {
  return { deviceId: label, name: `${label}.${ZONE}`, zone: ZONE, addresses, wildcard };
}

async function answer(server: DdnsServer, relative: string, type: string): Promise<string | string[]> {
  const { rcode, answers } = await ask(server.port, `${relative}.${ZONE}`, type);
  const data = answers.map((line) => line.split(' ').slice(4).join(' '));
  return answers.length === 0 ? (rcode === 'NOERROR' ? 'NODATA' : rcode) : data.toSorted();
}

describeOnEachDatabase('device names', (database) => {
  let server: DdnsServer;
  beforeAll(async () => {
    server = await startDdns(database.url);
  });
  afterAll(() => server.stop());

  it('answer with the addresses when publish resolves, TTL 60', async () => {
    await server.names.publish(aDevice('d1', ['10.1.1.4', '10.1.1.5', 'fd00::4']), NO_WRITE);
    expect(await answer(server, 'd1', 'A')).toEqual(['10.1.1.4', '10.1.1.5']);
    expect(await answer(server, 'd1', 'AAAA')).toEqual(['fd00::4']);
    expect((await ask(server.port, `d1.${ZONE}`, 'A')).answers[0]).toContain(' 60 IN A ');
  });

  it('have IP-encoded names for exactly the registered addresses', async () => {
    expect(await answer(server, '10-1-1-4.d1', 'A')).toEqual(['10.1.1.4']);
    expect(await answer(server, 'fd00--4.d1', 'AAAA')).toEqual(['fd00::4']);
    expect(await answer(server, 'fd00--4.d1', 'A')).toBe('NODATA');
    expect(await answer(server, '10-1-1-6.d1', 'A')).toBe('NXDOMAIN');
    expect(await answer(server, 'x.d1', 'A')).toBe('NXDOMAIN');
  });

  it('answer with the new addresses and no more with the old ones', async () => {
    await server.names.publish(aDevice('d1', ['10.1.1.9']), NO_WRITE);
    expect(await answer(server, 'd1', 'A')).toEqual(['10.1.1.9']);
    expect(await answer(server, 'd1', 'AAAA')).toBe('NODATA');
    expect(await answer(server, '10-1-1-4.d1', 'A')).toBe('NXDOMAIN');
    expect(await answer(server, '10-1-1-9.d1', 'A')).toEqual(['10.1.1.9']);
  });

  it('keep the serial when the addresses are the same', async () => {
    const before = server.served.zone(ZONE)!.serial;
    await server.names.publish(aDevice('d1', ['10.1.1.9']), NO_WRITE);
    expect(server.served.zone(ZONE)!.serial).toBe(before);
  });

  it('answer below themselves with the wildcard, and only while it is on', async () => {
    await server.names.publish(aDevice('d2', ['10.1.1.4'], true), NO_WRITE);
    expect(await answer(server, 'any.thing.d2', 'A')).toEqual(['10.1.1.4']);
    expect(await answer(server, '10-1-1-4.d2', 'A')).toEqual(['10.1.1.4']);
    await server.names.publish(aDevice('d2', ['10.1.1.4'], false), NO_WRITE);
    expect(await answer(server, 'any.thing.d2', 'A')).toBe('NXDOMAIN');
  });

  it('are gone, with everything below them, when they are withdrawn', async () => {
    const challenges = server.get(ChallengeRecords);
    await server.names.publish(aDevice('d3', ['10.1.1.4'], true), NO_WRITE);
    await server.names.publish(aDevice('d33', ['10.1.1.5']), NO_WRITE);
    await challenges.publish({ name: `_acme-challenge.d3.${ZONE}`, value: 'v', orderId: 'o' });
    await server.names.withdraw({ deviceId: 'd3', name: `d3.${ZONE}`, zone: ZONE }, NO_WRITE);
    for (const name of ['d3', '_acme-challenge.d3', '10-1-1-4.d3', 'x.d3']) {
      expect(await answer(server, name, 'TXT')).toBe('NXDOMAIN');
    }
    expect(await answer(server, 'd33', 'A')).toEqual(['10.1.1.5']);
  });

  it('without addresses do not exist', async () => {
    await server.names.publish(aDevice('d4', []), NO_WRITE);
    expect(await answer(server, 'd4', 'A')).toBe('NXDOMAIN');
  });

  it('in a zone that this server does not have are refused', async () => {
    const stray = { ...aDevice('d5', ['10.1.1.4']), name: 'd5.other.test', zone: 'other.test' };
    await expect(server.names.publish(stray, NO_WRITE)).rejects.toMatchObject({ code: 'unknown_zone' });
  });

  it('are the same after the zone was loaded from the database', async () => {
    const before = await Promise.all(['d1', 'd2', 'd33'].map((name) => answer(server, name, 'A')));
    await server.served.load(ZONE);
    expect(await Promise.all(['d1', 'd2', 'd33'].map((name) => answer(server, name, 'A')))).toEqual(before);
  });
});

describe('IP-encoded names', () => {
  const database = withDatabase();
  let server: DdnsServer | undefined;
  afterAll(() => server?.stop());

  it.each([
    ['registered', ['10.1.1.4'], 'NXDOMAIN', 'NXDOMAIN'],
    ['policy', ['10.1.1.4'], ['10.9.9.9'], 'NXDOMAIN'],
    ['off', 'NXDOMAIN', 'NXDOMAIN', 'NXDOMAIN'],
    ['registered', ['10.1.1.4'], 'NXDOMAIN', 'NXDOMAIN'],
  ] as const)('%s', async (ipNames, own, allowed, outside) => {
    await server?.stop();
    const ranges = [{ family: 4 as const, text: '10.0.0.0/8', range: [await parsed('10.0.0.0'), 8] as never }];
    server = await startDdns(database.url, { dns: { ipNames }, addressPolicy: { name: 'list', ranges } });
    await server.names.publish(aDevice('d1', ['10.1.1.4']), NO_WRITE);
    expect(await answer(server, '10-1-1-4.d1', 'A')).toEqual(own);
    expect(await answer(server, '10-9-9-9.d1', 'A')).toEqual(allowed);
    expect(await answer(server, '8-8-8-8.d1', 'A')).toEqual(outside);
  });
});

async function parsed(address: string): Promise<unknown> {
  const { parseCidr } = await import('../../../src/kernel/ip-address.js');
  return parseCidr(address)!.range[0];
}

describe('IP-encoded names after FLEETCERT_IP_NAMES was changed', () => {
  const database = withDatabase();
  let server: DdnsServer | undefined;
  afterAll(() => server?.stop());

  it('come and go with the next start, wildcards and other records staying', async () => {
    const id = randomUUID();
    await database.dataSource.query(
      `INSERT INTO devices (id, label, zone, name, state, addresses, enrolled_at)
        VALUES ($1, 'd1', $2, 'd1.' || $2, 'active', '{}', now())`,
      [id, ZONE],
    );
    const seen: unknown[] = [];
    for (const ipNames of ['registered', 'off', 'registered', 'policy'] as const) {
      await server?.stop();
      server = await startDdns(database.url, { dns: { ipNames }, addressPolicy: { name: 'list', ranges: [] } });
      await server.get(IpNameMode).done();
      if (seen.length === 0) {
        const device = { ...aDevice('d1', ['10.1.1.4', 'fd00::4'], true), deviceId: id };
        await server.names.publish(device, NO_WRITE);
        await server.get(ChallengeRecords).publish({ name: `_acme-challenge.d1.${ZONE}`, value: 'v', orderId: 'o' });
      }
      const zone = server.served.zone(ZONE)!;
      seen.push([ipNames, zone.node(mustWireName(`10-1-1-4.d1.${ZONE}`)) !== undefined]);
      expect(await answer(server, 'd1', 'A')).toEqual(['10.1.1.4']);
      expect(await answer(server, 'd1', 'AAAA')).toEqual(['fd00::4']);
      expect(await answer(server, 'x.d1', 'A')).toEqual(['10.1.1.4']);
      expect(await answer(server, '_acme-challenge.d1', 'TXT')).toEqual(['"v"']);
    }
    expect(seen).toEqual([
      ['registered', true],
      ['off', false],
      ['registered', true],
      ['policy', false],
    ]);
  });
});

describeOnEachDatabase('challenges', (database) => {
  let server: DdnsServer;
  let challenges: ChallengeRecords;
  const name = `_acme-challenge.d1.${ZONE}`;
  beforeAll(async () => {
    server = await startDdns(database.url);
    challenges = server.get(ChallengeRecords);
  });
  afterAll(() => server.stop());

  it('of several orders stand side by side under one name, with a TTL of a second', async () => {
    await challenges.publish({ name, value: 'one', orderId: 'o1' });
    await challenges.publish({ name, value: 'two', orderId: 'o2' });
    expect(await answer(server, '_acme-challenge.d1', 'TXT')).toEqual(['"one"', '"two"']);
    expect((await ask(server.port, name, 'TXT')).answers[0]).toContain(' 1 IN TXT ');
  });

  it('are confirmed where they are served, and not where they are not', async () => {
    await challenges.confirmServed(name, 'one');
    await expect(challenges.confirmServed(name, 'three')).rejects.toMatchObject({
      code: 'unavailable',
      detail: expect.stringMatching(/^DNS on 127\.0\.0\.1:\d+ does not serve the TXT value of _acme-challenge\.d1/),
    });
  });

  it('that come again change nothing', async () => {
    const before = server.served.zone(ZONE)!.serial;
    await challenges.publish({ name, value: 'one', orderId: 'o1' });
    expect(server.served.zone(ZONE)!.serial).toBe(before);
  });

  it('of one value and two orders are served once, until both are over', async () => {
    await challenges.publish({ name, value: 'one', orderId: 'o3' });
    expect(await answer(server, '_acme-challenge.d1', 'TXT')).toEqual(['"one"', '"two"']);
    await challenges.withdraw({ orderId: 'o1' });
    expect(await answer(server, '_acme-challenge.d1', 'TXT')).toEqual(['"one"', '"two"']);
    await challenges.withdraw({ orderId: 'o3' });
    expect(await answer(server, '_acme-challenge.d1', 'TXT')).toEqual(['"two"']);
  });

  it('of an order go together, under all names, and may go twice', async () => {
    await challenges.publish({ name: `_acme-challenge.a.d1.${ZONE}`, value: 'x', orderId: 'o2' });
    await challenges.withdraw({ orderId: 'o2' });
    await challenges.withdraw({ orderId: 'o2' });
    expect(await answer(server, '_acme-challenge.d1', 'TXT')).toBe('NXDOMAIN');
    expect(await answer(server, '_acme-challenge.a.d1', 'TXT')).toBe('NXDOMAIN');
  });

  it('of orders that are over are found and taken out', async () => {
    await challenges.publish({ name, value: 'open', orderId: 'open' });
    await challenges.publish({ name, value: 'left', orderId: 'crashed' });
    const stale = await challenges.withdrawStale((orderIds) =>
      Promise.resolve(new Set(orderIds.filter((id) => id === 'open'))),
    );
    expect(stale).toEqual(['crashed']);
    expect(await answer(server, '_acme-challenge.d1', 'TXT')).toEqual(['"open"']);
  });

  it('too long for a UDP answer are confirmed by TCP', async () => {
    const many = Array.from({ length: 60 }, (_, index) => `value-${index}-${'x'.repeat(30)}`);
    const at = `_acme-challenge.many.${ZONE}`;
    await Promise.all(many.map((value) => challenges.publish({ name: at, value, orderId: 'many' })));
    await challenges.confirmServed(at, many[59]!);
    expect((await ask(server.port, at, 'TXT')).flags).toContain('TC');
  });

  it('are refused when one answer could not hold them', async () => {
    const at = `_acme-challenge.full.${ZONE}`;
    const commits = Array.from({ length: 300 }, (_, index) =>
      challenges.publish({ name: at, value: `${index}-${'x'.repeat(240)}`, orderId: orderOwner('full') }),
    );
    const refused = (await Promise.allSettled(commits)).filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ reason: { code: 'record_rejected' } });
  });

  it.each([
    ['unknown_zone', '_acme-challenge.d1.elsewhere.test'],
    ['invalid_request', `_acme-challenge..d1.${ZONE}`],
  ])('are refused with %s for %s', async (code, stray) => {
    await expect(challenges.publish({ name: stray, value: 'x', orderId: 'o' })).rejects.toMatchObject({ code });
  });
});

describe('the apex', () => {
  const database = withDatabase();
  let server: DdnsServer | undefined;
  const restart = async (dns: Parameters<typeof startDdns>[1]): Promise<DdnsServer> => {
    await server?.stop();
    return (server = await startDdns(database.url, dns));
  };
  afterAll(() => server?.stop());

  it('has the name servers of the configuration, with glue for those in the zone', async () => {
    const nameServers = [
      { name: `ns1.${ZONE}`, addresses: ['192.0.2.53', '2001:db8::53'] },
      { name: 'ns2.example.net', addresses: ['192.0.2.54'] },
    ];
    const { port } = await restart({ dns: { nameServers, hostmaster: 'host.master@example.com' } });
    expect(await ask(port, ZONE, 'NS')).toMatchObject({
      answers: [`${ZONE}. 3600 IN NS ns1.${ZONE}.`, `${ZONE}. 3600 IN NS ns2.example.net.`],
      additional: [`ns1.${ZONE}. 3600 IN A 192.0.2.53`, `ns1.${ZONE}. 3600 IN AAAA 2001:db8::53`],
    });
    // dns2 cannot tell the dot inside the first label from one between labels.
    const [soa] = (await ask(port, ZONE, 'SOA')).answers;
    expect(soa).toMatch(
      new RegExp(`^${ZONE}\\. 3600 IN SOA ns1\\.${ZONE}\\. host\\.master\\.example\\.com\\. \\d+ 60$`),
    );
    expect((await ask(port, `ns2.example.net`, 'A')).rcode).toBe('REFUSED');
  });

  it('follows a changed configuration, and forgets old glue', async () => {
    const nameServers = [{ name: `ns9.${ZONE}`, addresses: ['192.0.2.99'] }];
    const { port } = await restart({ dns: { nameServers } });
    expect((await ask(port, ZONE, 'NS')).answers).toEqual([`${ZONE}. 3600 IN NS ns9.${ZONE}.`]);
    expect((await ask(port, `ns1.${ZONE}`, 'A')).rcode).toBe('NXDOMAIN');
    expect((await ask(port, `ns9.${ZONE}`, 'A')).answers).toEqual([`ns9.${ZONE}. 3600 IN A 192.0.2.99`]);
  });

  it('names the CAs that may issue, beside what an operator has set', async () => {
    const { port, get } = await restart({});
    const apex = get(ApexRecords);
    await apex.setCaa(ZONE, ['0 issue "ca.test; validationmethods=dns-01"', '0 issuewild ";"']);
    expect((await ask(port, ZONE, 'CAA')).answers).toHaveLength(2);
    await get(FixedRecordService).put(ZONE, {
      name: '@',
      type: 'CAA',
      ttl: 3600,
      values: ['0 iodef "mailto:a@b.test"'],
    });
    await apex.setCaa(ZONE, ['0 issue "other.test"']);
    const { answers } = await ask(port, ZONE, 'CAA');
    expect(answers.toSorted()).toEqual([
      `${ZONE}. 3600 IN CAA 0 iodef "mailto:a@b.test"`,
      `${ZONE}. 3600 IN CAA 0 issue "other.test"`,
    ]);
    await expect(apex.setCaa(ZONE, ['issue ca.test'])).rejects.toMatchObject({ code: 'record_rejected' });
  });

  it('keeps the CAs over a restart', async () => {
    const { port } = await restart({});
    expect((await ask(port, ZONE, 'CAA')).answers).toHaveLength(2);
  });
});
