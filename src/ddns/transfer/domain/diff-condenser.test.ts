import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { mustWireName } from '../../domain/name.js';
import { type ResourceRecord, Rrset } from '../../domain/rrset.js';
import { TYPE } from '../../domain/rr-type.js';
import { type SoaFields, soaRdata } from '../../domain/soa.js';
import { Zone } from '../../domain/zone.js';
import { diffRrset, type ZoneDiff } from '../../domain/zone-diff.js';
import { DiffCondenser } from './diff-condenser.js';

const APEX = mustWireName('fleet.test');

function soa(serial: number): ResourceRecord {
  const fields: SoaFields = { mname: APEX, rname: APEX, serial, refresh: 1, retry: 1, expire: 1, minimum: 60 };
  return { name: APEX, type: TYPE.SOA, ttl: 60, rdata: soaRdata(fields) };
}

function txt(label: string, value: string, ttl = 60): ResourceRecord {
  return {
    name: mustWireName(`${label}.fleet.test`),
    type: TYPE.TXT,
    ttl,
    rdata: Buffer.from(`${String.fromCharCode(value.length)}${value}`),
  };
}

function diff(from: number, removed: readonly ResourceRecord[], added: readonly ResourceRecord[]): ZoneDiff {
  return { serialFrom: from, serial: from + 1, removed: [soa(from), ...removed], added: [soa(from + 1), ...added] };
}

function condensed(...diffs: readonly ZoneDiff[]): ZoneDiff | undefined {
  const condenser = new DiffCondenser(APEX);
  for (const each of diffs) condenser.add(each);
  return condenser.diff();
}

describe('condensing the changes of an IXFR', () => {
  it('is nothing for no change', () => {
    expect(condensed()).toBeUndefined();
  });

  it('leaves one change as it is', () => {
    const only = diff(5, [txt('a', 'old')], [txt('a', 'new')]);
    expect(condensed(only)).toEqual(only);
  });

  it('forgets a record that came and went', () => {
    expect(condensed(diff(5, [], [txt('a', 'x')]), diff(6, [txt('a', 'x')], [txt('b', 'y')]))).toEqual({
      serialFrom: 5,
      serial: 7,
      removed: [soa(5)],
      added: [soa(7), txt('b', 'y')],
    });
  });

  it('forgets a record that went and came back', () => {
    expect(condensed(diff(5, [txt('a', 'x')], []), diff(6, [], [txt('a', 'x')]))).toMatchObject({
      removed: [soa(5)],
      added: [soa(7)],
    });
  });

  it('keeps a record that came back with another TTL', () => {
    expect(condensed(diff(5, [txt('a', 'x')], []), diff(6, [], [txt('a', 'x', 5)]))).toMatchObject({
      removed: [soa(5), txt('a', 'x')],
      added: [soa(7), txt('a', 'x', 5)],
    });
  });

  it('ignores that a record has become that of a device: it looks the same on the wire', () => {
    const condenser = new DiffCondenser(APEX);
    condenser.add(diff(5, [txt('a', 'x')], [{ ...txt('a', 'x'), ofDevice: true }]));
    expect(condenser.records).toBe(0);
  });

  it('refuses a chain with a gap', () => {
    expect(() => condensed(diff(5, [], []), diff(7, [], []))).toThrow('gap');
  });

  it('leads to the same zone as the chain, whatever it is', () => {
    const steps = fc.array(
      fc.record({
        label: fc.constantFrom('a', 'b', 'c'),
        values: fc.uniqueArray(fc.constantFrom('x', 'y', 'z')),
        ttl: fc.constantFrom(60, 61),
      }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(steps, (changes) => {
        const [chain, once] = [new Zone(APEX), new Zone(APEX)];
        for (const zone of [chain, once]) zone.replace(APEX, TYPE.SOA, Rrset.of(TYPE.SOA, 60, [soa(0).rdata]));
        const condenser = new DiffCondenser(APEX);
        for (const [serial, { label, values, ttl }] of changes.entries()) {
          const name = mustWireName(`${label}.fleet.test`);
          const rdatas = values.map((value) => txt(label, value).rdata);
          const after = rdatas.length > 0 ? Rrset.of(TYPE.TXT, ttl, rdatas) : undefined;
          const { removed, added } = diffRrset(name, chain.node(name)?.find(TYPE.TXT), after);
          const step = diff(serial, removed, added);
          chain.apply(step);
          condenser.add(step);
        }
        const whole = condenser.diff();
        expect(whole).toBeDefined();
        once.apply(whole!);
        expect(contentOf(once)).toEqual(contentOf(chain));
      }),
    );
  });
});

function contentOf(zone: Zone): readonly string[] {
  return [...zone.rrsets()]
    .flatMap(({ owner, rrset }) => rrset.rdataStrings().map((rdata) => `${owner} ${rrset.type} ${rrset.ttl} ${rdata}`))
    .toSorted();
}
