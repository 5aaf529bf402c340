import { describe, expect, it } from 'vitest';

import { mustWireName, type WireName } from './name.js';
import { TYPE } from './rr-type.js';
import { FIXED, type StoredRrset } from './stored-rrset.js';
import { ZoneDraft } from './zone-draft.js';
import { ZoneEdit } from './zone-edit.js';

const named = (text: string): WireName => mustWireName(`${text}.fleet.test`);
const value = (text: string) => ({ rdata: Buffer.from(text), owner: FIXED });
const stored = (name: string, text: string): StoredRrset => ({
  name: named(name),
  type: TYPE.TXT,
  ttl: 60,
  values: [value(text)],
});

function aDraft(...rrsets: StoredRrset[]): ZoneDraft {
  return new ZoneDraft(mustWireName('fleet.test'), rrsets);
}

describe('an edit', () => {
  it('sees what it has put, and nobody else does before it is accepted', () => {
    const draft = aDraft(stored('a', 'old'));
    const edit = new ZoneEdit(draft, { names: [named('a')] });
    edit.put(named('a'), TYPE.TXT, 60, [value('new')]);
    expect(edit.find(named('a'), TYPE.TXT)?.values).toEqual([value('new')]);
    const other = new ZoneEdit(draft, { names: [named('a')] });
    expect(other.find(named('a'), TYPE.TXT)?.values).toEqual([value('old')]);
    edit.accept();
    expect(other.find(named('a'), TYPE.TXT)?.values).toEqual([value('new')]);
  });

  it('sees a name and all below it, but no neighbour', () => {
    const draft = aDraft(stored('a', '1'), stored('x.a', '2'), stored('ba', '3'), stored('x.y.a', '4'));
    const edit = new ZoneEdit(draft, { subtrees: [named('a')] });
    edit.remove(named('x.a'), TYPE.TXT);
    edit.put(named('z.a'), TYPE.TXT, 60, [value('5')]);
    expect(edit.atOrBelow(named('a')).map(({ values }) => values[0]!.rdata.toString())).toEqual(['1', '4', '5']);
    expect(edit.atOrBelow(named('y.a')).map(({ values }) => values[0]!.rdata.toString())).toEqual(['4']);
  });

  it('has differences only where something is different in the end', () => {
    const draft = aDraft(stored('a', '1'), stored('b', '2'));
    const edit = new ZoneEdit(draft, { names: [named('a'), named('b'), named('c')] });
    edit.remove(named('a'), TYPE.TXT);
    edit.put(named('c'), TYPE.TXT, 60, [value('3')]);
    edit.put(named('c'), TYPE.A, 60, [value('4')]);
    edit.remove(named('c'), TYPE.A);
    edit.accept();
    expect([...draft.differences()]).toEqual([{ before: stored('a', '1') }, { after: stored('c', '3') }]);
  });

  it.each([
    ['reads', (edit: ZoneEdit) => edit.at(named('b'))],
    ['writes', (edit: ZoneEdit) => edit.put(named('b'), TYPE.TXT, 60, [value('x')])],
    ['looks below', (edit: ZoneEdit) => edit.atOrBelow(named('a'))],
    ['looks for an owner', (edit: ZoneEdit) => edit.ofTxtOwner(FIXED)],
  ])('that %s outside its scope is a mistake', (_what, act) => {
    expect(() => act(new ZoneEdit(aDraft(), { names: [named('a')] }))).toThrow('did not name in its scope');
  });
});
