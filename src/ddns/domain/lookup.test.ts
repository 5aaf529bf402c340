import { describe, expect, it } from 'vitest';

import { aZone, APEX, nameIn } from '../../../test/integration/ddns/a-zone.js';
import { isInRanges, PRIVATE_RANGES } from '../../kernel/ip-address.js';
import { lookup } from './lookup.js';
import { mustWireName, presentName } from './name.js';
import { negativeSoa } from './negative.js';
import { Rrset, type OwnedRrset } from './rrset.js';
import { TYPE, typeName, typeNumber } from './rr-type.js';

const zone = aZone(`
  @              3600 NS    ns1
  @              3600 CAA   0 issue "ca.test"
  ns1            3600 A     192.0.2.53
  dev1             60 A     10.0.0.1
  dev1             60 AAAA  fd00::1
  *.dev1           60 A     10.0.0.1
  _acme-challenge.dev1 1 TXT "one"
  _acme-challenge.dev1 1 TXT "two"
  dev2             60 A     10.0.0.2
  host.empty      300 A     10.0.0.3
  a.b.c           300 TXT   "deep"
  *.wild          300 A     10.0.0.4
  *.wild          300 TXT   "any"
  sub.wild        300 TXT   "blocks"
  x.ent.wild      300 TXT   "below an empty non-terminal"
  alias           300 CNAME dev1
  chain           300 CNAME alias
  outside         300 CNAME www.example.com.
  dangling        300 CNAME nothing
  loop1           300 CNAME loop2
  loop2           300 CNAME loop1
  *.star          300 CNAME dev1
  child           300 NS    ns.child
  child           300 NS    ns.example.com.
  ns.child        300 A     192.0.2.54
  www.child       300 A     192.0.2.55
  mail            300 MX    10 dev1
`);

function list(rrsets: readonly OwnedRrset[]): string {
  return rrsets
    .map(({ owner, rrset }) => `${presentName(owner).replace(`.${APEX}`, '')} ${typeName(rrset.type)}×${rrset.size}`)
    .join(', ');
}

function look(name: string, type: string, allows?: (address: string) => boolean): string {
  const result = lookup(zone, nameIn(name, zone.apex), typeNumber(type)!, allows);
  return [result.kind, list(result.answer), list(result.authority), list(result.additional)].join(' | ');
}

describe('lookup', () => {
  it.each([
    ['an existing name', 'dev1', 'A', 'answer | dev1 A×1 |  | '],
    ['several values of one name', '_acme-challenge.dev1', 'TXT', 'answer | _acme-challenge.dev1 TXT×2 |  | '],
    ['the apex', '@', 'CAA', 'answer | fleet.test CAA×1 |  | '],
    ['the apex’ NS with their addresses', '@', 'NS', 'answer | fleet.test NS×1 |  | ns1 A×1'],
    ['a type that a name has not', 'dev1', 'TXT', 'nodata |  |  | '],
    ['an unknown type', 'dev1', 'TYPE65280', 'nodata |  |  | '],
    ['DS at the apex', '@', 'DS', 'nodata |  |  | '],
    ['a name that does not exist', 'nothing', 'A', 'nxdomain |  |  | '],
    ['a name far below one that does not exist', 'a.b.nothing', 'A', 'nxdomain |  |  | '],
    ['a name below an existing one', 'x.dev2', 'A', 'nxdomain |  |  | '],
    ['an empty non-terminal', 'empty', 'A', 'nodata |  |  | '],
    ['an empty non-terminal two levels up', 'c', 'A', 'nodata |  |  | '],
    ['a name beside one below an empty non-terminal', 'x.b.c', 'A', 'nxdomain |  |  | '],
    ['a name that a wildcard covers', 'x.wild', 'A', 'answer | x.wild A×1 |  | '],
    ['a name far below that a wildcard covers', 'x.y.wild', 'A', 'answer | x.y.wild A×1 |  | '],
    ['a type that the wildcard has not', 'x.wild', 'AAAA', 'nodata |  |  | '],
    ['the wildcard itself', '*.wild', 'A', 'answer | *.wild A×1 |  | '],
    ['a name that blocks the wildcard by existing', 'sub.wild', 'A', 'nodata |  |  | '],
    ['a name below one that blocks the wildcard', 'x.sub.wild', 'A', 'nxdomain |  |  | '],
    ['an empty non-terminal that blocks the wildcard', 'ent.wild', 'A', 'nodata |  |  | '],
    ['a name below an empty non-terminal that blocks it', 'y.ent.wild', 'A', 'nxdomain |  |  | '],
    ['the wildcard of a device', 'anything.dev1', 'A', 'answer | anything.dev1 A×1 |  | '],
    ['the challenge name, which exists beside the wildcard', '_acme-challenge.dev1', 'A', 'nodata |  |  | '],
    ['ANY: one RRset', 'dev1', 'ANY', 'answer | dev1 A×1 |  | '],
    ['ANY at a name without any', 'empty', 'ANY', 'nodata |  |  | '],
    ['an alias and its target', 'alias', 'A', 'answer | alias CNAME×1, dev1 A×1 |  | '],
    ['a chain of aliases', 'chain', 'AAAA', 'answer | chain CNAME×1, alias CNAME×1, dev1 AAAA×1 |  | '],
    ['the alias itself', 'alias', 'CNAME', 'answer | alias CNAME×1 |  | '],
    ['an alias to a name without the type', 'alias', 'MX', 'nodata | alias CNAME×1 |  | '],
    ['an alias to a name that does not exist', 'dangling', 'A', 'nxdomain | dangling CNAME×1 |  | '],
    ['an alias out of the zone', 'outside', 'A', 'answer | outside CNAME×1 |  | '],
    ['aliases in a circle', 'loop1', 'A', 'answer | loop1 CNAME×1, loop2 CNAME×1 |  | '],
    ['an alias from a wildcard', 'x.star', 'A', 'answer | x.star CNAME×1, dev1 A×1 |  | '],
    ['a delegated name', 'child', 'A', 'referral |  | child NS×2 | ns.child A×1'],
    ['a name below a zone cut', 'www.child', 'A', 'referral |  | child NS×2 | ns.child A×1'],
    ['the NS of a delegated name', 'child', 'NS', 'referral |  | child NS×2 | ns.child A×1'],
    ['a name below a zone cut that is not stored', 'a.b.child', 'TXT', 'referral |  | child NS×2 | ns.child A×1'],
    ['glue, which is the child’s to answer', 'ns.child', 'A', 'referral |  | child NS×2 | ns.child A×1'],
    ['DS at a zone cut: the parent’s', 'child', 'DS', 'nodata |  |  | '],
    ['DS below a zone cut', 'www.child', 'DS', 'referral |  | child NS×2 | ns.child A×1'],
    ['MX, without courtesy addresses', 'mail', 'MX', 'answer | mail MX×1 |  | '],
  ])('answers %s', (_phenomenon, name, type, expected) => {
    expect(look(name, type)).toBe(expected);
  });
});

const allows = (address: string): boolean => isInRanges(address, PRIVATE_RANGES);

describe('synthesised IP-encoded names', () => {
  it.each([
    ['an IPv4 address that the policy allows', '10-9-8-7.dev2', 'A', 'answer | 10-9-8-7.dev2 A×1 |  | '],
    ['an IPv6 address that the policy allows', 'fd00--99.dev2', 'AAAA', 'answer | fd00--99.dev2 AAAA×1 |  | '],
    ['the other family as NODATA', '10-9-8-7.dev2', 'AAAA', 'nodata |  |  | '],
    ['another type as NODATA', '10-9-8-7.dev2', 'TXT', 'nodata |  |  | '],
    ['an address before the wildcard', '10-9-8-7.dev1', 'A', 'answer | 10-9-8-7.dev1 A×1 |  | '],
    ['an address outside the policy as NXDOMAIN', '8-8-8-8.dev2', 'A', 'nxdomain |  |  | '],
    ['what is no address as NXDOMAIN', '10-9-8.dev2', 'A', 'nxdomain |  |  | '],
    ['an octet over 255 as NXDOMAIN', '10-9-8-256.dev2', 'A', 'nxdomain |  |  | '],
    ['an address below what is not a device as NXDOMAIN', '10-9-8-7.ns1', 'A', 'nxdomain |  |  | '],
    ['an address below the apex as NXDOMAIN', '10-9-8-7', 'A', 'nxdomain |  |  | '],
    ['a name two levels below a device as NXDOMAIN', '10-9-8-7.x.dev2', 'A', 'nxdomain |  |  | '],
  ])('answer %s', (_phenomenon, name, type, expected) => {
    expect(look(name, type, allows)).toBe(expected);
  });

  it('hold the address that their label says', () => {
    const { answer } = lookup(zone, nameIn('10-9-8-7.dev2', zone.apex), TYPE.A, allows);
    expect(answer[0]?.rrset.rdatas()).toEqual([Buffer.from([10, 9, 8, 7])]);
    expect(answer[0]?.rrset.ttl).toBe(60);
  });

  it('do not exist where the operator has not asked for them', () => {
    expect(look('10-9-8-7.dev2', 'A')).toBe('nxdomain |  |  | ');
  });
});

describe('the negative TTL', () => {
  it.each([
    [3600, 60, 60],
    [30, 60, 30],
  ])('is the smaller one of SOA TTL %i and minimum %i', (ttl, _minimum, expected) => {
    const soa = aZone('').soa!;
    const rdatas = soa.rdatas();

    expect(negativeSoa(Rrset.of(TYPE.SOA, ttl, rdatas)).ttl).toBe(expected);
  });
});

it('finds a name of 127 labels absent without looking at each label', () => {
  const deep = `${'a.'.repeat(120)}`;
  expect(lookup(zone, mustWireName(`${deep}fleet.test`), TYPE.A).kind).toBe('nxdomain');
});
