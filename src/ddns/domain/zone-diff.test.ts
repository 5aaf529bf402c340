import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { mustWireName } from './name.js';
import { Rrset } from './rrset.js';
import { TYPE } from './rr-type.js';
import { diffRrset, replaceRecords } from './zone-diff.js';

const name = mustWireName('a.fleet.test');
const rrset = fc.option(
  fc
    .record({
      ttl: fc.constantFrom(60, 300),
      rdatas: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1 }),
      ofDevice: fc.boolean(),
    })
    .map(({ ttl, rdatas, ofDevice }) =>
      Rrset.of(
        TYPE.A,
        ttl,
        rdatas.map((octet) => Buffer.from([octet])),
        ofDevice,
      ),
    ),
  { nil: undefined },
);

const values = (set: Rrset | undefined) =>
  set && { ttl: set.ttl, ofDevice: set.ofDevice, rdatas: set.rdataStrings().toSorted() };

function of(...octets: number[]): Rrset {
  return Rrset.of(
    TYPE.A,
    60,
    octets.map((octet) => Buffer.from([octet])),
  );
}

describe('a difference', () => {
  it('leads from the one RRset to the other, and backwards', () => {
    fc.assert(
      fc.property(rrset, rrset, (before, after) => {
        const { removed, added } = diffRrset(name, before, after);
        const there = replaceRecords({ removed, added }, () => before);
        expect(values(there?.length === 0 ? before : there?.[0]?.rrset)).toEqual(values(after));
        const back = replaceRecords({ removed: added, added: removed }, () => after);
        expect(values(back?.length === 0 ? after : back?.[0]?.rrset)).toEqual(values(before));
      }),
    );
  });

  it('has only the values that differ', () => {
    const { removed, added } = diffRrset(name, of(1, 2), of(2, 3));
    expect(removed.map(({ rdata }) => [...rdata])).toEqual([[1]]);
    expect(added.map(({ rdata }) => [...rdata])).toEqual([[3]]);
  });

  it('has all values when the TTL differs: the old TTL goes with the old records', () => {
    const rdatas = [Buffer.from([1]), Buffer.from([2])];
    const { removed, added } = diffRrset(name, Rrset.of(TYPE.A, 60, rdatas), Rrset.of(TYPE.A, 30, rdatas));
    expect([removed.map(({ ttl }) => ttl), added.map(({ ttl }) => ttl)]).toEqual([
      [60, 60],
      [30, 30],
    ]);
  });
});
