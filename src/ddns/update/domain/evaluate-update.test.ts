import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { mustWireName, presentName, type WireName } from '../../domain/name.js';
import { TYPE, typeName } from '../../domain/rr-type.js';
import { Rrset } from '../../domain/rrset.js';
import { evaluateUpdate } from './evaluate-update.js';
import { changesOf } from './update-changes.js';
import type { UpdateGrant } from './update-grant.js';
import { CLASS_ANY, CLASS_NONE, type UpdateOutcome, type UpdateRecord, type UpdateZone } from './update-request.js';

const IN = 1;
const APEX = mustWireName('fleet.test');
const DEVICE = mustWireName('k2v7.fleet.test');

const txt = (text: string): Buffer => Buffer.from(`${String.fromCharCode(text.length)}${text}`);
const address = (last: number): Buffer => Buffer.of(10, 1, 1, last);
const nameData = (name: string): Buffer => Buffer.from(mustWireName(name), 'latin1');

type Content = readonly (readonly [name: string, type: keyof typeof TYPE, rdatas: readonly Buffer[], ttl?: number])[];

function aZone(content: Content): UpdateZone {
  const names = new Map<WireName, Rrset[]>();
  for (const [name, type, rdatas, ttl] of content) {
    const owner = mustWireName(name);
    names.set(owner, [...(names.get(owner) ?? []), Rrset.of(TYPE[type], ttl ?? 60, rdatas)]);
  }
  return { apex: APEX, rrsets: (name) => names.get(name) ?? [] };
}

const ZONE = aZone([
  ['fleet.test', 'SOA', [Buffer.concat([nameData('ns1.fleet.test'), nameData('hm.fleet.test'), Buffer.alloc(20)])]],
  ['fleet.test', 'NS', [nameData('ns1.fleet.test'), nameData('ns2.fleet.test')]],
  ['ns1.fleet.test', 'A', [address(53)]],
  ['k2v7.fleet.test', 'A', [address(4), address(5)]],
  ['_acme-challenge.k2v7.fleet.test', 'TXT', [txt('one'), txt('two')]],
  ['alias.fleet.test', 'CNAME', [nameData('k2v7.fleet.test')]],
]);

function record(
  name: string,
  type: keyof typeof TYPE | number,
  klass: number,
  rdata: Buffer = Buffer.alloc(0),
  ttl = 0,
): UpdateRecord {
  return { name: mustWireName(name), type: typeof type === 'number' ? type : TYPE[type], class: klass, ttl, rdata };
}

const GRANT: UpdateGrant = { device: DEVICE, types: new Set([TYPE.TXT]) };
const WIDE_GRANT: UpdateGrant = { device: DEVICE, types: new Set([TYPE.TXT, TYPE.A, TYPE.AAAA]) };
const CHALLENGE = '_acme-challenge.k2v7.fleet.test';

function evaluate(
  updates: readonly UpdateRecord[],
  { prerequisites = [], grant = GRANT }: { prerequisites?: readonly UpdateRecord[]; grant?: UpdateGrant } = {},
): UpdateOutcome {
  return evaluateUpdate({ prerequisites, updates }, ZONE, grant);
}

/** The rules of section 3.4.2 alone, without a key that limits them: `name TYPE ttl data, …` of each changed set. */
function changes(updates: readonly UpdateRecord[], zone = ZONE): readonly string[] {
  return changesOf(updates, zone).map(({ name, type, rrset }) => {
    const data = rrset
      ? ` ${rrset.ttl} ${rrset
          .rdatas()
          .map((rdata) => rdata.toString('hex'))
          .toSorted()
          .join(',')}`
      : '';
    return `${presentName(name)} ${typeName(type)}${data}`;
  });
}

const hex = (...rdatas: readonly Buffer[]): string =>
  rdatas
    .map((rdata) => rdata.toString('hex'))
    .toSorted()
    .join(',');

describe('prerequisites (RFC 2136 section 3.2)', () => {
  it.each<readonly [string, UpdateRecord, string]>([
    ['name is in use, and is', record(CHALLENGE, 'ANY', CLASS_ANY), 'NOERROR'],
    ['name is in use, and is not', record('absent.fleet.test', 'ANY', CLASS_ANY), 'NXDOMAIN'],
    ['name is not in use, and is not', record('absent.fleet.test', 'ANY', CLASS_NONE), 'NOERROR'],
    ['name is not in use, and is', record(CHALLENGE, 'ANY', CLASS_NONE), 'YXDOMAIN'],
    ['RRset exists, and does', record(CHALLENGE, 'TXT', CLASS_ANY), 'NOERROR'],
    ['RRset exists, and does not', record(CHALLENGE, 'A', CLASS_ANY), 'NXRRSET'],
    ['RRset does not exist, and does not', record(CHALLENGE, 'A', CLASS_NONE), 'NOERROR'],
    ['RRset does not exist, and does', record(CHALLENGE, 'TXT', CLASS_NONE), 'YXRRSET'],
    ['with a TTL', record(CHALLENGE, 'TXT', CLASS_ANY, Buffer.alloc(0), 1), 'FORMERR'],
    ['of class ANY with data', record(CHALLENGE, 'TXT', CLASS_ANY, txt('one')), 'FORMERR'],
    ['of class NONE with data', record(CHALLENGE, 'TXT', CLASS_NONE, txt('one')), 'FORMERR'],
    ['of class CH', record(CHALLENGE, 'TXT', 3, txt('one')), 'FORMERR'],
    ['of class IN and type ANY', record(CHALLENGE, 'ANY', IN, txt('one')), 'FORMERR'],
    ['of type AXFR', record(CHALLENGE, 'AXFR', CLASS_ANY), 'FORMERR'],
    ['outside the zone', record('example.org', 'ANY', CLASS_ANY), 'NOTZONE'],
    ['at a name that only ends alike', record('xfleet.test', 'ANY', CLASS_ANY), 'NOTZONE'],
  ])('%s', (_, prerequisite, rcode) => {
    expect(evaluate([], { prerequisites: [prerequisite] }).rcode).toBe(rcode);
  });

  it.each([
    ['all values in another order', ['two', 'one'], 'NOERROR'],
    ['a value twice', ['one', 'two', 'one'], 'NOERROR'],
    ['not all values', ['one'], 'NXRRSET'],
    ['another value', ['one', 'three'], 'NXRRSET'],
    ['one value more', ['one', 'two', 'three'], 'NXRRSET'],
  ])('RRset exists with %s', (_, values, rcode) => {
    const prerequisites = values.map((value) => record(CHALLENGE, 'TXT', IN, txt(value)));
    expect(evaluate([], { prerequisites }).rcode).toBe(rcode);
  });

  it('a value-dependent one for an absent RRset does not hold', () => {
    expect(evaluate([], { prerequisites: [record('absent.fleet.test', 'TXT', IN, txt('x'))] }).rcode).toBe('NXRRSET');
  });

  it('all of them have to hold, and nothing changes where one does not', () => {
    const prerequisites = [record(CHALLENGE, 'TXT', CLASS_ANY), record(CHALLENGE, 'A', CLASS_ANY)];
    expect(evaluate([record(CHALLENGE, 'TXT', CLASS_ANY)], { prerequisites })).toMatchObject({
      rcode: 'NXRRSET',
      detail: 'prerequisite _acme-challenge.k2v7.fleet.test A',
    });
  });
});

describe('the form of the update section (RFC 2136 section 3.4.1)', () => {
  it.each<readonly [string, UpdateRecord, string]>([
    ['an addition', record(CHALLENGE, 'TXT', IN, txt('x'), 60), 'NOERROR'],
    ['an addition outside the zone', record('example.org', 'TXT', IN, txt('x'), 60), 'NOTZONE'],
    ['an addition of type ANY', record(CHALLENGE, 'ANY', IN, txt('x'), 60), 'FORMERR'],
    ['an addition of type AXFR', record(CHALLENGE, 'AXFR', IN, txt('x'), 60), 'FORMERR'],
    ['an addition of type MAILB', record(CHALLENGE, 253, IN, txt('x'), 60), 'FORMERR'],
    ['an addition of type TSIG', record(CHALLENGE, 'TSIG', IN, txt('x'), 60), 'FORMERR'],
    ['an addition without data', record(CHALLENGE, 'TXT', IN, Buffer.alloc(0), 60), 'FORMERR'],
    ['a removal of an RRset', record(CHALLENGE, 'TXT', CLASS_ANY), 'NOERROR'],
    ['a removal of a name', record(CHALLENGE, 'ANY', CLASS_ANY), 'NOERROR'],
    ['a removal of an RRset with a TTL', record(CHALLENGE, 'TXT', CLASS_ANY, Buffer.alloc(0), 1), 'FORMERR'],
    ['a removal of an RRset with data', record(CHALLENGE, 'TXT', CLASS_ANY, txt('x')), 'FORMERR'],
    ['a removal of type AXFR', record(CHALLENGE, 'AXFR', CLASS_ANY), 'FORMERR'],
    ['a removal of a record', record(CHALLENGE, 'TXT', CLASS_NONE, txt('one')), 'NOERROR'],
    ['a removal of a record with a TTL', record(CHALLENGE, 'TXT', CLASS_NONE, txt('one'), 1), 'FORMERR'],
    ['a removal of a record without data', record(CHALLENGE, 'TXT', CLASS_NONE), 'FORMERR'],
    ['a removal of a record of type ANY', record(CHALLENGE, 'ANY', CLASS_NONE, txt('one')), 'FORMERR'],
    ['a record of class CH', record(CHALLENGE, 'TXT', 3, txt('one')), 'FORMERR'],
  ])('%s', (_, update, rcode) => {
    expect(evaluate([update]).rcode).toBe(rcode);
  });
});

describe('what a key may change', () => {
  const ipv6 = Buffer.alloc(16, 0xfd);

  it.each<readonly [string, UpdateRecord, 'NOERROR' | 'REFUSED', 'NOERROR' | 'REFUSED']>([
    ['the challenge of its device', record(CHALLENGE, 'TXT', IN, txt('x')), 'NOERROR', 'NOERROR'],
    [
      'a challenge below its device',
      record(`_acme-challenge.nas.k2v7.fleet.test`, 'TXT', IN, txt('x')),
      'NOERROR',
      'NOERROR',
    ],
    ['its device’s address', record('k2v7.fleet.test', 'A', IN, address(9)), 'REFUSED', 'NOERROR'],
    ['its device’s IPv6 address', record('k2v7.fleet.test', 'AAAA', IN, ipv6), 'REFUSED', 'NOERROR'],
    ['an address below its device', record('x.k2v7.fleet.test', 'A', IN, address(9)), 'REFUSED', 'REFUSED'],
    ['an address at the challenge', record(CHALLENGE, 'A', IN, address(9)), 'REFUSED', 'REFUSED'],
    ['a TXT at its device', record('k2v7.fleet.test', 'TXT', IN, txt('x')), 'REFUSED', 'REFUSED'],
    ['a TXT below its device', record('x.k2v7.fleet.test', 'TXT', IN, txt('x')), 'REFUSED', 'REFUSED'],
    ['a CNAME at the challenge', record(CHALLENGE, 'CNAME', IN, nameData('x.test')), 'REFUSED', 'REFUSED'],
    [
      'the challenge of another device',
      record('_acme-challenge.other.fleet.test', 'TXT', IN, txt('x')),
      'REFUSED',
      'REFUSED',
    ],
    ['the challenge of the apex', record('_acme-challenge.fleet.test', 'TXT', IN, txt('x')), 'REFUSED', 'REFUSED'],
    [
      'a device whose name ends alike',
      record('_acme-challenge.xk2v7.fleet.test', 'TXT', IN, txt('x')),
      'REFUSED',
      'REFUSED',
    ],
    ['the apex', record('fleet.test', 'NS', CLASS_ANY), 'REFUSED', 'REFUSED'],
    ['the SOA', record('fleet.test', 'SOA', CLASS_ANY), 'REFUSED', 'REFUSED'],
    ['all of its challenge', record(CHALLENGE, 'ANY', CLASS_ANY), 'NOERROR', 'NOERROR'],
    [
      'all of a challenge that is not there',
      record('_acme-challenge.x.k2v7.fleet.test', 'ANY', CLASS_ANY),
      'NOERROR',
      'NOERROR',
    ],
    ['all of its device', record('k2v7.fleet.test', 'ANY', CLASS_ANY), 'REFUSED', 'NOERROR'],
    ['all of another name', record('absent.fleet.test', 'ANY', CLASS_ANY), 'REFUSED', 'REFUSED'],
    ['all of the apex', record('fleet.test', 'ANY', CLASS_ANY), 'REFUSED', 'REFUSED'],
  ])('%s', (_, update, narrow, wide) => {
    expect(evaluate([update]).rcode).toBe(narrow);
    expect(evaluate([update], { grant: WIDE_GRANT }).rcode).toBe(wide);
  });

  it('one record that it may not change refuses the whole update', () => {
    expect(evaluate([record(CHALLENGE, 'TXT', IN, txt('x')), record('fleet.test', 'TXT', IN, txt('x'))])).toEqual({
      rcode: 'REFUSED',
      detail: 'the key of k2v7.fleet.test may not change fleet.test TXT',
    });
  });
});

describe('changes (RFC 2136 section 3.4.2)', () => {
  const one = txt('one');
  const two = txt('two');
  const fresh = txt('fresh');

  it.each<readonly [string, readonly UpdateRecord[], readonly string[]]>([
    ['nothing', [], []],
    [
      'an added value joins the others',
      [record(CHALLENGE, 'TXT', IN, fresh, 60)],
      [`${CHALLENGE} TXT 60 ${hex(one, two, fresh)}`],
    ],
    ['a value that is there changes nothing', [record(CHALLENGE, 'TXT', IN, one, 60)], []],
    [
      'a value that is there with another TTL sets that of all',
      [record(CHALLENGE, 'TXT', IN, one, 120)],
      [`${CHALLENGE} TXT 120 ${hex(one, two)}`],
    ],
    [
      'a TTL with the top bit set is zero',
      [record(CHALLENGE, 'TXT', IN, one, 2 ** 31)],
      [`${CHALLENGE} TXT 0 ${hex(one, two)}`],
    ],
    ['a new name', [record('new.fleet.test', 'A', IN, address(1), 5)], ['new.fleet.test A 5 0a010101']],
    [
      'a removed value leaves the others',
      [record(CHALLENGE, 'TXT', CLASS_NONE, one)],
      [`${CHALLENGE} TXT 60 ${hex(two)}`],
    ],
    [
      'the last value removed removes the set',
      [record(CHALLENGE, 'TXT', CLASS_NONE, one), record(CHALLENGE, 'TXT', CLASS_NONE, two)],
      [`${CHALLENGE} TXT`],
    ],
    ['a value that is not there is not removed', [record(CHALLENGE, 'TXT', CLASS_NONE, fresh)], []],
    ['a removed set', [record(CHALLENGE, 'TXT', CLASS_ANY)], [`${CHALLENGE} TXT`]],
    ['a set that is not there is not removed', [record(CHALLENGE, 'A', CLASS_ANY)], []],
    [
      'a removed set, and a new one',
      [record(CHALLENGE, 'TXT', CLASS_ANY), record(CHALLENGE, 'TXT', IN, fresh, 60)],
      [`${CHALLENGE} TXT 60 ${hex(fresh)}`],
    ],
    [
      'added and removed again',
      [record(CHALLENGE, 'TXT', IN, fresh, 60), record(CHALLENGE, 'TXT', CLASS_NONE, fresh)],
      [],
    ],
    ['a removed name', [record('k2v7.fleet.test', 'ANY', CLASS_ANY)], ['k2v7.fleet.test A']],
    [
      'the apex keeps SOA and NS when all is removed',
      [record('fleet.test', 'CAA', IN, one, 60), record('fleet.test', 'ANY', CLASS_ANY)],
      [],
    ],
    ['the SOA is not removed', [record('fleet.test', 'SOA', CLASS_ANY)], []],
    [
      'the SOA’s record is not removed',
      [record('fleet.test', 'SOA', CLASS_NONE, ZONE.rrsets(APEX)[0]!.rdatas()[0])],
      [],
    ],
    ['the SOA is not replaced', [record('fleet.test', 'SOA', IN, Buffer.alloc(22, 1), 60)], []],
    ['the apex’ NS set is not removed', [record('fleet.test', 'NS', CLASS_ANY)], []],
    [
      'one NS of the apex is removed, the last is not',
      [
        record('fleet.test', 'NS', CLASS_NONE, nameData('ns1.fleet.test')),
        record('fleet.test', 'NS', CLASS_NONE, nameData('ns2.fleet.test')),
      ],
      [`fleet.test NS 60 ${hex(nameData('ns2.fleet.test'))}`],
    ],
    ['a CNAME is not added beside other records', [record('k2v7.fleet.test', 'CNAME', IN, nameData('x.test'), 60)], []],
    ['nothing is added beside a CNAME', [record('alias.fleet.test', 'A', IN, address(1), 60)], []],
    [
      'a CNAME takes the place of the other',
      [record('alias.fleet.test', 'CNAME', IN, nameData('x.test'), 60)],
      [`alias.fleet.test CNAME 60 ${hex(nameData('x.test'))}`],
    ],
    [
      'a CNAME comes where all has been removed before',
      [record('k2v7.fleet.test', 'ANY', CLASS_ANY), record('k2v7.fleet.test', 'CNAME', IN, nameData('x.test'), 60)],
      ['k2v7.fleet.test A', `k2v7.fleet.test CNAME 60 ${hex(nameData('x.test'))}`],
    ],
  ])('%s', (_, updates, expected) => {
    expect(changes(updates)).toEqual(expected);
  });

  it('an update that only adds, or only removes, changes nothing the second time', () => {
    const values = fc.constantFrom('one', 'two', 'three').map(txt);
    const additions = values.map((rdata) => record(CHALLENGE, 'TXT', IN, rdata, 60));
    const removals = values.map((rdata) => record(CHALLENGE, 'TXT', CLASS_NONE, rdata));
    fc.assert(
      fc.property(fc.oneof(fc.array(additions), fc.array(removals)), (updates) => {
        const [change] = changesOf(updates, ZONE);
        const after: UpdateZone = {
          apex: APEX,
          rrsets: (name) => (change && name === change.name ? (change.rrset ? [change.rrset] : []) : ZONE.rrsets(name)),
        };
        expect(changes(updates, after)).toEqual([]);
      }),
    );
  });
});
