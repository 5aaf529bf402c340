import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { CaaChecker } from '../../../src/acme-server/validation/caa-checker.js';
import { Dns01Validator } from '../../../src/acme-server/validation/dns01-validator.js';
import type { DnsAddress } from '../../../src/ddns/wire/dns-transport.js';
import { StubResolver } from '../../../src/acme-server/validation/stub-resolver.js';
import type { ValidationOutcome } from '../../../src/acme-server/domain/authorization.js';
import { ScriptedDns, type Faults, type ScriptedRecord } from './support/scripted-dns.js';

const VALUE = 'gfj9Xq0r0T1cYk9L6HfFvI0Qx1b2c3d4e5f6g7h8i9j';
const ACCOUNT_URL = 'https://ca.test/acme/acct/1';
const QUICK = { udpMilliseconds: [400, 800, 800], tcpMilliseconds: 2000 };
const MALFUNCTION = "the domain's nameservers may be malfunctioning";

let dns: ScriptedDns;
beforeEach(async () => {
  dns = await ScriptedDns.start('fleet.test');
});
afterEach(() => dns.stop());

function validator(zones: readonly string[] = ['fleet.test'], server: DnsAddress = dns.address): Dns01Validator {
  const resolver = new StubResolver(server, QUICK);
  return new Dns01Validator(resolver, new CaaChecker(resolver, { identities: ['ca.test', 'old-ca.test'], zones }));
}

function validate(identifier = 'a.fleet.test', by = validator()): Promise<ValidationOutcome> {
  return by.validate({ identifier, txtValue: VALUE, accountUrl: ACCOUNT_URL });
}

function refused(type: string, detail: string): unknown {
  return { valid: false, problem: { type, detail } };
}

function found(): void {
  dns.set('_acme-challenge.a.fleet.test', txt(VALUE));
}

function caa(value: string, tag = 'issue', flags = 0): ScriptedRecord {
  return { type: 'CAA', tag, value, flags };
}

function denied(foundAt: string): unknown {
  return refused('caa', `While processing CAA for a.fleet.test: CAA record for ${foundAt} prevents issuance`);
}

const txt = (...values: string[]): ScriptedRecord => ({ type: 'TXT', values });

describe('the TXT record', () => {
  it('with the value validates', async () => {
    dns.set('_acme-challenge.a.fleet.test', txt(VALUE));
    expect(await validate()).toEqual({ valid: true });
  });

  it('validates when any of several has the value, however its letters came', async () => {
    dns.set('_acme-challenge.a.fleet.test', txt('other'), txt(VALUE), txt('third'));
    expect(await validate()).toEqual({ valid: true });
  });

  it('validates in several strings', async () => {
    dns.set('_acme-challenge.a.fleet.test', txt(VALUE.slice(0, 10), VALUE.slice(10)));
    expect(await validate()).toEqual({ valid: true });
  });

  it('of a wildcard stands below the name itself', async () => {
    dns.set('_acme-challenge.a.fleet.test', txt(VALUE));
    expect(await validate('*.a.fleet.test')).toEqual({ valid: true });
    expect(dns.queries[0]?.name.toLowerCase()).toBe('_acme-challenge.a.fleet.test');
  });

  it('with another value is named', async () => {
    dns.set('_acme-challenge.a.fleet.test', txt('stale "value"'));
    expect(await validate()).toEqual(
      refused('unauthorized', 'Incorrect TXT record "stale \\"value\\"" found at _acme-challenge.a.fleet.test'),
    );
  });

  it('with other values names the first and counts the rest', async () => {
    dns.set('_acme-challenge.a.fleet.test', txt('x'.repeat(150)), txt('y'), txt('z'));
    expect(await validate()).toEqual(
      refused(
        'unauthorized',
        `Incorrect TXT record "${'x'.repeat(100)}..." (and 2 more) found at _acme-challenge.a.fleet.test`,
      ),
    );
  });

  it('that is the value in another letter case is another value', async () => {
    dns.set('_acme-challenge.a.fleet.test', txt(VALUE.toUpperCase()));
    expect(await validate()).toMatchObject({ valid: false, problem: { type: 'unauthorized' } });
  });

  it('that is missing where the name exists', async () => {
    dns.set('x._acme-challenge.a.fleet.test', txt(VALUE));
    expect(await validate()).toEqual(refused('unauthorized', 'No TXT record found at _acme-challenge.a.fleet.test'));
  });

  it('whose name is missing', async () => {
    expect(await validate()).toEqual(
      refused(
        'dns',
        'DNS problem: NXDOMAIN looking up TXT for _acme-challenge.a.fleet.test - check that a DNS record exists for this domain',
      ),
    );
  });

  it('is found behind a CNAME, in the same answer or another one', async () => {
    dns.set('_acme-challenge.a.fleet.test', { type: 'CNAME', target: 'b.fleet.test' });
    dns.set('b.fleet.test', { type: 'CNAME', target: 'c.fleet.test' });
    dns.set('c.fleet.test', { type: 'CNAME', target: 'd.fleet.test' });
    dns.set('d.fleet.test', { type: 'CNAME', target: 'e.fleet.test' });
    dns.set('e.fleet.test', txt(VALUE));
    dns.faults = { withoutSoa: true };
    expect(await validate('a.fleet.test', new Dns01Validator(new StubResolver(dns.address, QUICK), noCaa()))).toEqual({
      valid: true,
    });
  });

  it('is not found in a loop of CNAME records', async () => {
    dns.set('_acme-challenge.a.fleet.test', { type: 'CNAME', target: 'b.fleet.test' });
    dns.set('b.fleet.test', { type: 'CNAME', target: '_acme-challenge.a.fleet.test' });
    expect(await validate()).toEqual(
      refused(
        'dns',
        `DNS problem: SERVFAIL looking up TXT for _acme-challenge.a.fleet.test - ${MALFUNCTION} (the answer has a loop of CNAME records)`,
      ),
    );
  });

  it('of a name that is too long cannot be asked for', async () => {
    const name = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(55)}.fleet.test`;
    expect(await validate(name)).toMatchObject({ valid: false, problem: { type: 'dns' } });
  });
});

describe('the query', () => {
  it('has random letter case, EDNS with 1232 octets, and no recursion', async () => {
    const name = 'abcdefghijklmnopqrstuvwxyz.fleet.test';
    dns.set(`_acme-challenge.${name}`, txt(VALUE));
    for (let round = 0; round < 3; round += 1) expect(await validate(name)).toEqual({ valid: true });
    const spellings = dns.queries.filter((query) => query.type === 16).map((query) => query.name);
    expect(new Set(spellings).size).toBe(3);
    expect(spellings.every((spelling) => /[A-Z]/.test(spelling) && /[a-z]/.test(spelling))).toBe(true);
    expect(dns.queries.every((query) => query.ednsOctets === 1232 && !query.recursionDesired)).toBe(true);
  });

  it('is sent again when a datagram is lost', async () => {
    dns.set('_acme-challenge.a.fleet.test', txt(VALUE));
    dns.faults = { ignore: 2 };
    expect(await validate()).toEqual({ valid: true });
  });

  it('goes over TCP when the answer is truncated', async () => {
    dns.set('_acme-challenge.a.fleet.test', txt(VALUE), ...Array.from({ length: 40 }, () => txt('x'.repeat(200))));
    dns.faults = { truncateUdp: true };
    expect(await validate()).toEqual({ valid: true });
    expect(dns.queries.some((query) => query.transport === 'tcp')).toBe(true);
  });

  it('does not believe forged answers', async () => {
    dns.set('_acme-challenge.a.fleet.test', txt(VALUE));
    dns.faults = { forgeFirst: true };
    expect(await validate()).toEqual({ valid: true });
  });
});

describe('an answer that a resolver would not take', () => {
  it.each<[string, Faults, string, () => void]>([
    [
      'a negative one without SOA',
      { withoutSoa: true },
      'the negative answer has no SOA record in its authority section',
      () => undefined,
    ],
    [
      'one that is not authoritative',
      { withoutAuthority: true },
      'the answer is not authoritative: the AA bit is not set',
      found,
    ],
    [
      'one that changes the letter case',
      { lowerCaseQuestion: true },
      'the answer does not keep the letter case of the question',
      found,
    ],
    ['REFUSED', { code: 5 }, 'the name server answered REFUSED', found],
    ['SERVFAIL', { code: 2 }, 'the name server answered SERVFAIL', found],
    ['NOTIMP', { code: 4 }, 'the name server answered NOTIMP', found],
    ['one with octets behind its end', { garbage: Buffer.alloc(40, 0xff) }, 'the answer is not a DNS message', found],
    ['one that ends in the middle', { garbage: Buffer.from([0xc0]) }, 'the answer is not a DNS message', found],
  ])('%s is SERVFAIL', async (_, faults, hint, prepare) => {
    prepare();
    dns.faults = faults;
    const outcome = await validate();
    expect(outcome).toMatchObject({ valid: false, problem: { type: 'dns' } });
    const detail = outcome.valid ? '' : outcome.problem.detail;
    expect(detail).toContain(
      `DNS problem: SERVFAIL looking up TXT for _acme-challenge.a.fleet.test - ${MALFUNCTION} (`,
    );
    expect(detail).toContain(hint);
  });

  it('none at all is a time-out', async () => {
    dns.faults = { ignore: 100 };
    expect(await validate()).toEqual(
      refused('dns', 'DNS problem: query timed out looking up TXT for _acme-challenge.a.fleet.test'),
    );
  });

  it('nobody there is a networking error', async () => {
    const gone = await ScriptedDns.start('fleet.test');
    await gone.stop();
    expect(await validate('a.fleet.test', validator([], gone.address))).toEqual(
      refused('dns', 'DNS problem: networking error looking up TXT for _acme-challenge.a.fleet.test'),
    );
  });

  it('a TCP connection that is closed is a networking error', async () => {
    found();
    dns.faults = { truncateUdp: true, closeTcp: true };
    expect(await validate()).toEqual(
      refused('dns', 'DNS problem: networking error looking up TXT for _acme-challenge.a.fleet.test'),
    );
  });

  it('chains of compression pointers stop nothing', async () => {
    const pointers = Buffer.alloc(1100);
    for (let at = 0; at < pointers.length; at += 2) pointers.writeUInt16BE(0xc000 | (40 + at), at);
    dns.faults = { garbage: pointers };
    const before = performance.now();
    expect(await validate()).toMatchObject({ valid: false, problem: { type: 'dns' } });
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

describe('CAA', () => {
  beforeEach(() => dns.set('_acme-challenge.a.fleet.test', txt(VALUE)));

  it('may be missing', async () => {
    expect(await validate()).toEqual({ valid: true });
  });

  it.each([
    'ca.test',
    'old-ca.test',
    'CA.test',
    `ca.test; accounturi=${ACCOUNT_URL}`,
    `ca.test; accounturi=${ACCOUNT_URL}; validationmethods=dns-01`,
    'ca.test;validationmethods=http-01,dns-01',
    'ca.test;',
    'ca.test; policy=ev',
  ])('lets %j issue', async (value) => {
    dns.set('fleet.test', caa('other.test'), caa(value));
    expect(await validate()).toEqual({ valid: true });
  });

  it.each([
    ';',
    'other.test',
    'ca.test; accounturi=https://ca.test/acme/acct/2',
    `ca.test; accounturi=${ACCOUNT_URL}; accounturi=${ACCOUNT_URL}`,
    'ca.test; validationmethods=http-01',
    'ca.test; validationmethods=dns-01,',
    'ca.test; accounturi',
    'ca.test policy=ev',
  ])('does not let %j issue', async (value) => {
    dns.set('fleet.test', caa(value));
    expect(await validate()).toEqual(denied('fleet.test'));
  });

  it('is looked for upwards, and the first set found decides', async () => {
    dns.set('fleet.test', caa(';'));
    dns.set('a.fleet.test', caa('ca.test'));
    expect(await validate()).toEqual({ valid: true });
    dns.set('a.fleet.test', caa(';'));
    dns.set('fleet.test', caa('ca.test'));
    expect(await validate()).toEqual(denied('a.fleet.test'));
  });

  it('is asked for at every level at once, and not above the zone', async () => {
    await validate('x.a.fleet.test');
    const asked = dns.queries.filter((query) => query.type === 257).map((query) => query.name.toLowerCase());
    expect(asked.toSorted()).toEqual(['a.fleet.test', 'fleet.test', 'x.a.fleet.test']);
  });

  it('is looked for up to the top where no zone is named, and an apex set shields from trouble further up', async () => {
    expect(await validate('a.fleet.test', validator([]))).toEqual(
      refused(
        'dns',
        `While processing CAA for a.fleet.test: DNS problem: SERVFAIL looking up CAA for test - ${MALFUNCTION} (the name server answered REFUSED)`,
      ),
    );
    dns.set('fleet.test', caa('ca.test'));
    expect(await validate('a.fleet.test', validator([]))).toEqual({ valid: true });
  });

  it('issuewild is for wildcards only, and then takes the place of issue', async () => {
    dns.set('fleet.test', caa('ca.test'), caa(';', 'issuewild'));
    expect(await validate('a.fleet.test')).toEqual({ valid: true });
    expect(await validate('*.a.fleet.test')).toMatchObject({ valid: false, problem: { type: 'caa' } });
    dns.set('fleet.test', caa(';'), caa('ca.test', 'issuewild'));
    expect(await validate('*.a.fleet.test')).toEqual({ valid: true });
    expect(await validate('a.fleet.test')).toMatchObject({ valid: false, problem: { type: 'caa' } });
  });

  it('other properties restrict nothing, unless they are critical and unknown', async () => {
    dns.set('fleet.test', caa('mailto:a@b.test', 'iodef', 128), caa('x', 'contactemail'));
    expect(await validate()).toEqual({ valid: true });
    dns.set('fleet.test', caa('ca.test'), caa('x', 'unknown', 128));
    expect(await validate()).toEqual(denied('fleet.test'));
  });

  it('that cannot be looked up refuses, unless a set stands below', async () => {
    const name = 'b.a.fleet.test';
    dns.set(`_acme-challenge.${name}`, txt(VALUE));
    dns.faults = { withoutSoa: true };
    expect(await validate(name)).toEqual(
      refused(
        'dns',
        `While processing CAA for ${name}: DNS problem: SERVFAIL looking up CAA for ${name} - ${MALFUNCTION} (the negative answer has no SOA record in its authority section)`,
      ),
    );
    dns.set(name, caa('ca.test'));
    expect(await validate(name)).toEqual({ valid: true });
  });

  it('can be checked alone', async () => {
    dns.records.clear();
    expect(await validator().checkCaa({ identifier: 'a.fleet.test', accountUrl: ACCOUNT_URL })).toEqual({
      valid: true,
    });
  });
});

function noCaa(): CaaChecker {
  return new CaaChecker(new StubResolver(dns.address, QUICK), { identities: [], zones: [] });
}
