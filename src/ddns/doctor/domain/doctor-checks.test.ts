import { describe, expect, it } from 'vitest';

import { TYPE } from '../../domain/rr-type.js';
import { TICKS_A_SECOND } from '../../domain/serial.js';
import { caaClimb, checkCaa, type CaaStep } from './caa-check.js';
import { checkDelegation, delegationLines } from './delegation-check.js';
import { checkNameServer, UNKNOWN_OPTION, type NameServerObservations } from './name-server-check.js';
import type { ObservedAnswer, ObservedRecord, Silence } from './observation.js';
import { checkRebinding } from './rebinding-check.js';
import { rebindingExceptions } from './rebinding-exceptions.js';
import { checkSerials } from './serial-check.js';
import { checkClock, checkServer, type ServerAnswer } from './server-check.js';
import { checkResolver, checkResolverFindsZone, checkTestRecord } from './test-record-check.js';

const ZONE = 'd.example.com';
const SOA = aRecord(ZONE, TYPE.SOA, 'ns1.d.example.com hostmaster.example.com 1000 900 300 1209600 60');
const SILENCE: Silence = { kind: 'silence', reason: 'nothing came back within 5 s', isOurs: false };
const NO_IPV6: Silence = { kind: 'silence', reason: 'this machine has no way to IPv6 addresses', isOurs: true };

function aRecord(name: string, type: number, value: string): ObservedRecord {
  return { name, type, ttl: 60, value };
}

function anAnswer(changes: Partial<ObservedAnswer> = {}): ObservedAnswer {
  return {
    kind: 'answer',
    rcode: 0,
    aa: true,
    ra: false,
    tc: false,
    caseKept: true,
    octets: 100,
    edns: { version: 0, optionCodes: [] },
    answers: [],
    authority: [],
    additional: [],
    ...changes,
  };
}

describe('delegationLines', () => {
  it('gives glue to name servers inside the zone only', () => {
    const servers = [
      { name: `ns1.${ZONE}`, addresses: ['192.0.2.53', '2001:db8::53'] },
      { name: 'ns.example.net', addresses: ['198.51.100.53'] },
    ];
    expect(delegationLines(ZONE, servers)).toEqual([
      'd.example.com. 3600 IN NS ns1.d.example.com.',
      'd.example.com. 3600 IN NS ns.example.net.',
      'ns1.d.example.com. 3600 IN A 192.0.2.53',
      'ns1.d.example.com. 3600 IN AAAA 2001:db8::53',
    ]);
  });
});

describe('checkDelegation', () => {
  const expected = [{ name: `ns1.${ZONE}`, addresses: ['192.0.2.53'] }];
  const ns = aRecord(ZONE, TYPE.NS, `ns1.${ZONE}`);
  const glue = aRecord(`ns1.${ZONE}`, TYPE.A, '192.0.2.53');
  const referral = anAnswer({ aa: false, authority: [ns], additional: [glue] });
  const statuses = (observation: ObservedAnswer | Silence) =>
    checkDelegation(ZONE, expected, [{ server: 'a', observation }]).map(({ check, status }) => `${check} ${status}`);

  it.each<[string, ObservedAnswer | Silence, string[]]>([
    ['a right referral', referral, ['delegation ok', 'glue ok']],
    [
      'a parent that serves the zone itself',
      anAnswer({ answers: [ns], additional: [glue] }),
      ['delegation ok', 'glue ok'],
    ],
    ['a referral without glue', anAnswer({ authority: [ns] }), ['delegation ok', 'glue fail']],
    [
      'glue with an address too many',
      anAnswer({ authority: [ns], additional: [glue, { ...glue, value: '192.0.2.99' }] }),
      ['delegation ok', 'glue fail'],
    ],
    ['NXDOMAIN', anAnswer({ rcode: 3 }), ['delegation fail']],
    ['NODATA', anAnswer(), ['delegation fail']],
    ['a parent that refuses', anAnswer({ rcode: 5 }), ['delegation fail']],
    ['silence', SILENCE, ['delegation fail']],
    [
      'another name server',
      anAnswer({ authority: [aRecord(ZONE, TYPE.NS, 'ns.elsewhere.test')] }),
      ['delegation fail'],
    ],
  ])('judges %s', (_, observation, wanted) => {
    expect(statuses(observation)).toEqual(wanted);
  });

  it('only warns of one silent server of the parent among others, and leaves out what this machine cannot reach', () => {
    const findings = checkDelegation(ZONE, expected, [
      { server: 'a', observation: referral },
      { server: 'b', observation: SILENCE },
      { server: 'c', observation: NO_IPV6 },
    ]);
    expect(findings.map(({ status }) => status)).toEqual(['ok', 'ok', 'warn', 'skipped']);
  });

  it('fails when no parent was found', () => {
    expect(checkDelegation(ZONE, expected, [])).toMatchObject([{ status: 'fail' }]);
  });
});

describe('checkNameServer', () => {
  const soa = anAnswer({ answers: [SOA] });
  const right: NameServerObservations = {
    subject: `ns1.${ZONE} (192.0.2.53)`,
    udp: soa,
    tcp: soa,
    ns: anAnswer({ answers: [aRecord(ZONE, TYPE.NS, `ns1.${ZONE}`)] }),
    missingName: anAnswer({ rcode: 3, authority: [SOA] }),
    missingType: anAnswer({ authority: [SOA] }),
    nextVersion: anAnswer({ rcode: 16 }),
    unknownOption: soa,
    outOfZone: anAnswer({ rcode: 5, aa: false }),
    transfer: anAnswer({ rcode: 5, aa: false }),
  };
  const wrong = (changes: Partial<NameServerObservations>) =>
    checkNameServer(ZONE, [`ns1.${ZONE}`], { ...right, ...changes }).filter(({ status }) => status !== 'ok');

  it('has nothing to say about a right one', () => {
    expect(wrong({})).toEqual([]);
  });

  it.each<[string, Partial<NameServerObservations>, string]>([
    ['no TCP', { tcp: SILENCE }, 'reachable fail'],
    ['REFUSED', { udp: anAnswer({ rcode: 5 }) }, 'authority fail'],
    ['a clear AA', { udp: { ...soa, aa: false } }, 'authority fail'],
    ['no SOA', { udp: anAnswer() }, 'authority fail'],
    ['RA', { udp: { ...soa, ra: true } }, 'recursion fail'],
    ['other NS records', { ns: anAnswer({ answers: [aRecord(ZONE, TYPE.NS, 'ns.old.test')] }) }, 'ns-set fail'],
    ['a question spelled anew over TCP', { tcp: { ...soa, caseKept: false } }, 'letter-case fail'],
    ['EDNS version 1 answered', { nextVersion: soa }, 'edns fail'],
    ['no answer to EDNS version 1', { nextVersion: SILENCE }, 'edns fail'],
    [
      'an option echoed',
      { unknownOption: { ...soa, edns: { version: 0, optionCodes: [UNKNOWN_OPTION] } } },
      'edns fail',
    ],
    ['no OPT', { unknownOption: { ...soa, edns: undefined } }, 'edns fail'],
    ['a fragment-sized datagram', { unknownOption: { ...soa, octets: 1400 } }, 'edns fail'],
    ['NXDOMAIN without SOA', { missingName: anAnswer({ rcode: 3 }) }, 'negative-answers fail'],
    ['a wildcard at the apex', { missingName: anAnswer({ answers: [SOA] }) }, 'negative-answers fail'],
    ['NODATA as NOTIMP', { missingType: anAnswer({ rcode: 4, authority: [SOA] }) }, 'negative-answers fail'],
    ['NODATA without AA', { missingType: anAnswer({ aa: false, authority: [SOA] }) }, 'negative-answers fail'],
    ['recursion for strangers', { outOfZone: anAnswer({ answers: [SOA] }) }, 'out-of-zone warn'],
    ['an open AXFR', { transfer: soa }, 'transfer fail'],
  ])('finds %s', (_, changes, wanted) => {
    const found = wrong(changes);
    expect(found.map(({ check, status }) => `${check} ${status}`)).toEqual([wanted]);
    expect(found[0]!.advice.length).toBeGreaterThan(0);
  });

  it('says one thing only about a silent one, and blames nobody for this machine’s missing IPv6', () => {
    expect(wrong({ udp: SILENCE, tcp: SILENCE })).toMatchObject([{ check: 'reachable', status: 'fail' }]);
    expect(wrong({ udp: NO_IPV6, tcp: NO_IPV6 })).toMatchObject([{ check: 'reachable', status: 'skipped' }]);
  });

  it('takes silence for a refusal where nothing should be answered', () => {
    expect(wrong({ outOfZone: SILENCE, transfer: SILENCE })).toEqual([]);
  });
});

describe('checkSerials', () => {
  const newest = 5000 * 256;
  const behind = (seconds: number, isFresh: boolean | undefined) =>
    checkSerials(ZONE, [
      { subject: 'a', serial: newest, isFresh: true },
      { subject: 'b', serial: newest - seconds * 256, isFresh },
    ]).map(({ subject, status }) => `${subject} ${status}`);

  it.each<[number, boolean | undefined, string]>([
    [0, true, `${ZONE} ok`],
    [5, true, 'b ok'],
    [5, undefined, 'b warn'],
    [5, false, 'b warn'],
    [600, undefined, 'b fail'],
    [600, false, 'b fail'],
    [600, true, 'b warn'],
  ])('judges %d s behind, test record seen: %s', (seconds, isFresh, wanted) => {
    expect(behind(seconds, isFresh)).toEqual([wanted]);
  });

  it('counts around the end of the number circle', () => {
    const seen = [2 ** 32 - TICKS_A_SECOND, TICKS_A_SECOND].map((serial, index) => ({
      subject: `${index}`,
      serial,
      isFresh: undefined,
    }));
    expect(checkSerials(ZONE, seen)).toMatchObject([
      { subject: '0', message: expect.stringContaining(`2 s behind ${TICKS_A_SECOND}`) },
    ]);
  });

  it('says nothing when nobody answers', () => {
    expect(checkSerials(ZONE, [])).toEqual([]);
  });
});

describe('checkCaa', () => {
  const name = `x.${ZONE}`;
  const ca = { identities: ['letsencrypt.org'], host: 'acme-v02.api.letsencrypt.org' };
  const ACCOUNT = 'accounturi=https://acme-v02.api.letsencrypt.org/acme/acct/1';
  const caaSet = (...values: readonly (readonly [string, string, number?])[]) =>
    anAnswer({
      answers: values.map(([tag, value, flags = 0]) => ({
        ...aRecord(ZONE, TYPE.CAA, value),
        caa: { flags, tag, value },
      })),
    });
  const nodata: CaaStep = { name, isOurs: true, observation: anAnswer({ rcode: 3, authority: [SOA] }) };
  const judge = (observation: ObservedAnswer | Silence, isOurs = true) =>
    checkCaa(name, [nodata, { name: ZONE, isOurs, observation }], ca);

  it('climbs from the name to the top level domain', () => {
    expect(caaClimb('a.b.test')).toEqual(['a.b.test', 'b.test', 'test']);
  });

  it.each<[string, string, ObservedAnswer | Silence]>([
    [
      'ok',
      'the CA with account and method',
      caaSet(['issue', `letsencrypt.org; ${ACCOUNT}; validationmethods=dns-01`]),
    ],
    ['ok', 'the CA in other letters', caaSet(['issue', 'LetsEncrypt.org'])],
    ['ok', 'nothing but iodef', caaSet(['iodef', 'mailto:x@example.com'])],
    ['warn', 'no wildcards', caaSet(['issue', 'letsencrypt.org'], ['issuewild', ';'])],
    ['warn', 'no CAA at all', anAnswer({ authority: [SOA] })],
    ['fail', 'another CA', caaSet(['issue', 'other.example'])],
    ['fail', 'nobody', caaSet(['issue', ';'])],
    ['fail', 'another method', caaSet(['issue', 'letsencrypt.org; validationmethods=http-01'])],
    [
      'fail',
      'an account elsewhere',
      caaSet(['issue', 'letsencrypt.org; accounturi=https://acme-staging-v02.api.letsencrypt.org/acme/acct/1']),
    ],
    ['fail', 'an unknown critical property', caaSet(['issue', 'letsencrypt.org'], ['tbs', 'x', 128])],
    ['fail', 'SERVFAIL', anAnswer({ rcode: 2 })],
    ['fail', 'silence', SILENCE],
    ['fail', 'a negative answer without SOA', anAnswer()],
    ['fail', 'an answer without AA', anAnswer({ aa: false, authority: [SOA] })],
    ['fail', 'a truncated answer', anAnswer({ tc: true })],
  ])('judges %s: %s', (status, _, observation) => {
    expect(judge(observation)).toMatchObject({ status });
  });

  it('does not ask a resolver for AA and SOA', () => {
    expect(judge(anAnswer({ aa: false }), false)).toMatchObject({ status: 'warn' });
  });

  it('says that it could not judge without the directory', () => {
    const steps = [{ name: ZONE, isOurs: true, observation: caaSet(['issue', 'letsencrypt.org']) }];
    expect(checkCaa(name, steps, undefined)).toMatchObject({ status: 'warn' });
  });
});

describe('checkTestRecord and checkResolver', () => {
  const small = { name: `_t.${ZONE}`, values: ['v'] };
  const large = { name: `_t-large.${ZONE}`, values: ['a', 'b'] };
  const txt = (record: typeof small) =>
    anAnswer({ answers: record.values.map((value) => aRecord(record.name, TYPE.TXT, value)) });
  const right = {
    subject: 'ns1',
    small: txt(small),
    largeUdp: anAnswer({ tc: true }),
    largeTcp: txt(large),
    waitedSeconds: 0,
  };

  it.each([
    ['a right one', {}, ['test-record ok', 'large-answer ok']],
    ['a record that does not come', { small: anAnswer({ rcode: 3 }) }, ['test-record fail']],
    ['another value', { small: txt({ ...small, values: ['w'] }) }, ['test-record fail']],
    [
      'a large answer cut short',
      { largeTcp: txt({ ...large, values: ['a'] }) },
      ['test-record ok', 'large-answer fail'],
    ],
    ['no TCP', { largeTcp: SILENCE }, ['test-record ok', 'large-answer fail']],
    ['a large datagram', { largeUdp: { ...txt(large), octets: 2000 } }, ['test-record ok', 'large-answer warn']],
  ])('judges %s', (_, changes, wanted) => {
    const findings = checkTestRecord(small, large, { ...right, ...changes });
    expect(findings.map(({ check, status }) => `${check} ${status}`)).toEqual(wanted);
  });

  it.each([
    [txt(small), 'ok'],
    [anAnswer({ rcode: 3 }), 'fail'],
    [anAnswer({ rcode: 2 }), 'fail'],
    [SILENCE, 'fail'],
  ])('judges a resolver', (seen, status) => {
    expect(checkResolver('127.0.0.1:53', small, seen)).toMatchObject({ status });
  });
});

describe('checkResolverFindsZone', () => {
  it.each<[ObservedAnswer | Silence, string]>([
    [anAnswer({ aa: false, answers: [SOA] }), 'ok'],
    [anAnswer({ aa: false }), 'fail'],
    [anAnswer({ rcode: 2, answers: [SOA] }), 'fail'],
    [SILENCE, 'fail'],
  ])('judges a resolver by the SOA', (seen, status) => {
    expect(checkResolverFindsZone('127.0.0.1:53', ZONE, seen)).toMatchObject({ status });
  });
});

describe('checkRebinding', () => {
  const judge = (observation: ObservedAnswer | Silence, findsZone = true) =>
    checkRebinding({ resolver: 'r', zone: ZONE, address: '10.53.0.1', observation, findsZone });
  const address = (value: string) => anAnswer({ answers: [aRecord(`x.${ZONE}`, TYPE.A, value)] });

  it.each<[string, ObservedAnswer | Silence]>([
    ['an empty answer', anAnswer()],
    ['NXDOMAIN', anAnswer({ rcode: 3 })],
    ['REFUSED', anAnswer({ rcode: 5 })],
    ['0.0.0.0', address('0.0.0.0')],
    ['silence', SILENCE],
  ])('takes %s for a filter, and says where the exception goes on each router', (_, observation) => {
    const { status, advice } = judge(observation);
    expect(status).toBe('fail');
    for (const { product } of rebindingExceptions(ZONE)) expect(advice.join('\n')).toContain(product);
  });

  it('is content with the address, and silent about a resolver that does not find the zone', () => {
    expect(judge(address('10.53.0.1'))).toMatchObject({ status: 'ok' });
    expect(judge(anAnswer({ rcode: 3 }), false)).toMatchObject({ status: 'skipped' });
  });
});

describe('checkServer and checkClock', () => {
  const askedAt = new Date('2027-01-01T00:00:00Z');
  const answer = (changes: object = {}): ServerAnswer => ({
    kind: 'answer',
    status: 200,
    checks: { database: 'ok', dns: 'ok' },
    date: askedAt,
    askedAt,
    ...changes,
  });

  it.each<[string, ServerAnswer, string, string]>([
    ['ok', answer(), 'server', 'ready'],
    ['fail', answer({ status: 503, checks: { database: 'gone', dns: 'ok' } }), 'server', 'database: gone'],
    ['fail', answer({ status: 404, checks: {} }), 'server', '404'],
    ['fail', { kind: 'silence', reason: 'ECONNREFUSED' }, 'server', 'ECONNREFUSED'],
  ])('judges the server: %s', (status, seen, check, message) => {
    expect(checkServer('u', seen)).toMatchObject({ check, status, message: expect.stringContaining(message) });
  });

  it.each([
    [2, 'ok', 'agrees'],
    [10, 'warn', '10 s ahead of'],
    [-10, 'warn', '10 s behind'],
    [-301, 'fail', '301 s behind'],
  ])('judges a clock that is %d s off', (seconds, status, message) => {
    const date = new Date(askedAt.getTime() + seconds * 1000);
    expect(checkClock('u', answer({ date }))).toMatchObject({ status, message: expect.stringContaining(message) });
  });

  it('has no opinion without a Date', () => {
    expect(checkClock('u', answer({ date: undefined }))).toMatchObject({ status: 'skipped' });
  });
});
