import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { aZone } from '../../../test/integration/ddns/a-zone.js';
import { childOf, mustWireName, presentName, type WireName } from './name.js';
import { Rrset } from './rrset.js';
import { TYPE } from './rr-type.js';
import { withSerial } from './soa.js';
import type { Zone } from './zone.js';
import { ZoneOutOfStepError } from './zone.js';
import { diffRrset, type ZoneDiff } from './zone-diff.js';

const apex = mustWireName('fleet.test');
const named = (text: string): WireName => mustWireName(`${text}.fleet.test`);
const address = (last: number): Rrset => Rrset.of(TYPE.A, 60, [Buffer.from([10, 0, 0, last])]);

function contents(rrsets: Iterable<{ owner: WireName; rrset: Rrset }>): string[] {
  return [...rrsets].map(({ owner, rrset }) => `${presentName(owner)} ${rrset.type} ${rrset.packed}`).toSorted();
}

/** The change of one RRset, with its SOAs. */
function diffTo(zone: Zone, name: WireName, rrset: Rrset | undefined, serial = zone.serial! + 1): ZoneDiff {
  const { removed, added } = diffRrset(name, zone.node(name)?.find(TYPE.A), rrset);
  const [soa] = zone.soa!.records(zone.apex);
  return {
    serialFrom: zone.serial!,
    serial,
    removed: [soa!, ...removed],
    added: [{ ...soa!, rdata: withSerial(soa!.rdata, serial) }, ...added],
  };
}

describe('a zone', () => {
  it('has a name as long as it has records or descendants', () => {
    const zone = aZone('');
    const before = zone.names;
    zone.replace(named('a.b.c'), TYPE.A, address(1));
    expect([zone.names - before, zone.node(named('b.c'))?.children, zone.node(named('c'))?.any]).toEqual([
      3,
      1,
      undefined,
    ]);
    zone.replace(named('b.c'), TYPE.A, address(2));
    zone.replace(named('a.b.c'), TYPE.A, undefined);
    expect(zone.names - before).toBe(2);
    zone.replace(named('b.c'), TYPE.A, undefined);
    expect(zone.names).toBe(before);
  });

  it('counts its zone cuts', () => {
    const zone = aZone('@ 60 NS ns1');
    expect(zone.cuts).toBe(0);
    const ns = Rrset.of(TYPE.NS, 60, [Buffer.from(named('ns1'), 'latin1')]);
    zone.replace(named('child'), TYPE.NS, ns);
    zone.replace(named('child'), TYPE.NS, ns);
    expect(zone.cuts).toBe(1);
    zone.replace(named('child'), TYPE.NS, undefined);
    zone.replace(named('child'), TYPE.NS, undefined);
    expect(zone.cuts).toBe(0);
  });

  it('applies a change that follows on its serial', () => {
    const zone = aZone('a 60 A 10.0.0.1');
    zone.apply(diffTo(zone, named('a'), address(2)));
    expect(zone.node(named('a'))?.find(TYPE.A)?.rdatas()).toEqual([Buffer.from([10, 0, 0, 2])]);
    expect(zone.serial).toBe(2);
  });

  it.each([
    [
      'that starts from another serial',
      (zone: Zone): ZoneDiff => ({ ...diffTo(zone, named('a'), address(2)), serialFrom: 7 }),
    ],
    [
      'that removes what is not there',
      (zone: Zone): ZoneDiff => {
        const diff = diffTo(zone, named('a'), address(2));
        return {
          ...diff,
          removed: diff.removed.map((record) =>
            record.type === TYPE.A ? { ...record, rdata: Buffer.from([1, 1, 1, 1]) } : record,
          ),
        };
      },
    ],
  ])('refuses a change %s, and stays as it was', (_what, make) => {
    const zone = aZone('a 60 A 10.0.0.1');
    const before = contents(zone.rrsets());
    expect(() => zone.apply(make(zone))).toThrow(ZoneOutOfStepError);
    expect(contents(zone.rrsets())).toEqual(before);
  });

  it('keeps RRsets of a name apart by type', () => {
    const zone = aZone('a 60 A 10.0.0.1\na 60 TXT "x"\na 60 MX 1 a');
    zone.replace(named('a'), TYPE.A, undefined);
    expect(
      zone
        .node(named('a'))
        ?.rrsets()
        .map(({ type }) => type),
    ).toEqual([TYPE.TXT, TYPE.MX]);
    zone.replace(named('a'), TYPE.TXT, undefined);
    zone.replace(named('a'), TYPE.MX, undefined);
    expect(zone.node(named('a'))).toBeUndefined();
  });

  it('refuses a name outside itself', () => {
    expect(() => aZone('').replace(mustWireName('other.test'), TYPE.A, address(1))).toThrow('not in the zone');
  });
});

describe('a snapshot', () => {
  it('stays as it was, however the zone changes while it is read', () => {
    const label = fc.constantFrom('a', 'b', 'c', 'd');
    const path = fc.array(label, { minLength: 1, maxLength: 3 });
    const step = fc.record({
      path,
      last: fc.option(fc.integer({ min: 1, max: 250 }), { nil: undefined }),
      read: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.array(step, { maxLength: 40 }), (first, second) => {
        const zone = aZone('');
        const change = ({ path: labels, last }: { path: string[]; last: number | undefined }): void => {
          const name = labels.reduce((parent, part) => childOf(part, parent)!, apex);
          zone.replace(name, TYPE.A, last === undefined ? undefined : address(last));
        };
        first.forEach(change);
        const expected = contents(zone.rrsets());
        const snapshot = zone.openSnapshot();
        const reader = snapshot.rrsets();
        const read: { owner: WireName; rrset: Rrset }[] = [];
        const readSome = (count: number): void => {
          for (let left = count; left > 0; left -= 1) {
            const { value, done } = reader.next();
            if (done) return;
            read.push(value);
          }
        };
        for (const { read: count, ...changed } of second) {
          readSome(count);
          change(changed);
        }
        readSome(1000);
        expect(contents(read)).toEqual(expected);
        expect(contents(snapshot.rrsets())).toEqual(expected);
        snapshot.close();
      }),
    );
  });

  it('that is closed says so to who still reads it', () => {
    const snapshot = aZone('a 60 A 10.0.0.1').openSnapshot();
    const reader = snapshot.rrsets();
    reader.next();
    snapshot.close();
    expect(() => reader.next()).toThrow('closed');
  });
});

describe('an RRset', () => {
  it('keeps its TTL, its values and their number', () => {
    const rdatas = [Buffer.from([1]), Buffer.alloc(0), Buffer.alloc(70_000 % 65_536, 0xff)];
    const rrset = Rrset.of(TYPE.TXT, 0x7fff_ffff, rdatas);
    expect([rrset.ttl, rrset.size, rrset.rdatas()]).toEqual([0x7fff_ffff, 3, rdatas]);
  });

  it('holds each value once', () => {
    expect(Rrset.of(TYPE.A, 60, [Buffer.from([1]), Buffer.from([1])]).size).toBe(1);
  });
});
