import { describe, expect, it } from 'vitest';

import { mustWireName, presentName } from '../../domain/name.js';
import { TYPE, typeName } from '../../domain/rr-type.js';
import { deviceOwner, FIXED, orderOwner, type StoredRrset, SYSTEM } from '../../domain/stored-rrset.js';
import { ZoneDraft } from '../../domain/zone-draft.js';
import { ZoneEdit } from '../../domain/zone-edit.js';
import { editByUpdate, MAX_TXT_VALUES, type UpdateEdit, updateOwner } from './update-edit.js';
import type { UpdateGrant } from './update-grant.js';
import { CLASS_ANY, CLASS_NONE, type UpdateRecord } from './update-request.js';

const IN = 1;
const APEX = mustWireName('fleet.test');
const DEVICE = mustWireName('k2v7.fleet.test');
const CHALLENGE = mustWireName('_acme-challenge.k2v7.fleet.test');
const OWN = updateOwner('7');
const ORDER = orderOwner('o1');
const GRANT: UpdateGrant = { device: DEVICE, types: new Set([TYPE.TXT, TYPE.A, TYPE.AAAA]) };

const txt = (text: string): Buffer => Buffer.from(`${String.fromCharCode(text.length)}${text}`);

function stored(name: string, type: number, values: readonly (readonly [Buffer, string])[]): StoredRrset {
  return { name: mustWireName(name), type, ttl: 60, values: values.map(([rdata, owner]) => ({ rdata, owner })) };
}

function add(name: string, type: number, rdata: Buffer, ttl = 60): UpdateRecord {
  return { name, type, class: IN, ttl, rdata };
}

function remove(name: string, type: number, rdata?: Buffer): UpdateRecord {
  return { name, type, class: rdata ? CLASS_NONE : CLASS_ANY, ttl: 0, rdata: rdata ?? Buffer.alloc(0) };
}

interface Edited extends UpdateEdit {
  /** `name TYPE owner=data …` of each RRset that is different. */
  readonly changes: readonly string[];
}

function edit(
  before: readonly StoredRrset[],
  updates: readonly UpdateRecord[],
  prerequisites: UpdateRecord[] = [],
): Edited {
  const draft = new ZoneDraft(APEX, before);
  const names = [...prerequisites, ...updates].map(({ name }) => name);
  const zone = new ZoneEdit(draft, { names, subtrees: [DEVICE], txtOwners: [OWN] });
  const outcome = editByUpdate(zone, { prerequisites, updates }, GRANT, '7');
  zone.accept();
  const changes = [...draft.differences()].map(({ before: old, after }) => {
    const { name, type } = (after ?? old)!;
    const values = after?.values.map(({ owner, rdata }) => ` ${owner}=${rdata.toString('latin1', 1)}`) ?? [];
    return `${presentName(name)} ${typeName(type)}${values.join('')}`;
  });
  return { ...outcome, changes };
}

describe('an UPDATE of a device’s records', () => {
  it('adds TXT values of its own beside those of an order', () => {
    const before = [stored('_acme-challenge.k2v7.fleet.test', TYPE.TXT, [[txt('ours'), ORDER]])];
    expect(edit(before, [add(CHALLENGE, TYPE.TXT, txt('theirs'))]).changes).toEqual([
      '_acme-challenge.k2v7.fleet.test TXT order:o1=ours update:7=theirs',
    ]);
  });

  it('removes its own values and leaves those of an order, whatever it removes', () => {
    const before = [
      stored('_acme-challenge.k2v7.fleet.test', TYPE.TXT, [
        [txt('ours'), ORDER],
        [txt('theirs'), OWN],
      ]),
    ];
    const left = ['_acme-challenge.k2v7.fleet.test TXT order:o1=ours'];
    expect(edit(before, [remove(CHALLENGE, TYPE.TXT)]).changes).toEqual(left);
    expect(edit(before, [remove(CHALLENGE, TYPE.ANY)]).changes).toEqual(left);
    expect(edit(before, [remove(CHALLENGE, TYPE.TXT, txt('theirs'))]).changes).toEqual(left);
    expect(edit(before, [remove(CHALLENGE, TYPE.TXT, txt('ours'))]).changes).toEqual([]);
  });

  it('has a value of its own where an order has the same, and takes only its own out again', () => {
    const before = [stored('_acme-challenge.k2v7.fleet.test', TYPE.TXT, [[txt('same'), ORDER]])];
    expect(edit(before, [add(CHALLENGE, TYPE.TXT, txt('same'))]).changes).toEqual([
      '_acme-challenge.k2v7.fleet.test TXT order:o1=same update:7=same',
    ]);
  });

  it('sees the values of others in its prerequisites', () => {
    const before = [stored('_acme-challenge.k2v7.fleet.test', TYPE.TXT, [[txt('ours'), ORDER]])];
    const prerequisite = { name: CHALLENGE, type: TYPE.TXT, class: CLASS_NONE, ttl: 0, rdata: Buffer.alloc(0) };
    expect(edit(before, [add(CHALLENGE, TYPE.TXT, txt('x'))], [prerequisite])).toMatchObject({
      refusal: { rcode: 'YXRRSET' },
      changes: [],
    });
  });

  it('changes nothing when it is refused', () => {
    const updates = [add(CHALLENGE, TYPE.TXT, txt('x')), add(APEX, TYPE.TXT, txt('x'))];
    expect(edit([], updates)).toMatchObject({ refusal: { rcode: 'REFUSED' }, changes: [] });
  });

  it('names the addresses that the device shall have, those of the other family included', () => {
    const before = [
      stored('k2v7.fleet.test', TYPE.A, [[Buffer.of(10, 0, 0, 1), deviceOwner('7')]]),
      stored('k2v7.fleet.test', TYPE.AAAA, [
        [Buffer.from('fd000000000000000000000000000004', 'hex'), deviceOwner('7')],
      ]),
    ];
    const replaced = edit(before, [remove(DEVICE, TYPE.A), add(DEVICE, TYPE.A, Buffer.of(10, 0, 0, 2))]);
    expect(replaced).toEqual({ addresses: ['10.0.0.2', 'fd00::4'], changes: [] });
    expect(edit(before, [remove(DEVICE, TYPE.AAAA)]).addresses).toEqual(['10.0.0.1']);
    expect(edit(before, [remove(DEVICE, TYPE.ANY)]).addresses).toEqual([]);
    expect(edit(before, [add(DEVICE, TYPE.A, Buffer.of(10, 0, 0, 1))]).addresses).toBeUndefined();
  });

  it('changes nothing at a name where an operator has put a CNAME', () => {
    const before = [
      stored('_acme-challenge.k2v7.fleet.test', TYPE.CNAME, [[Buffer.from(mustWireName('x.test'), 'latin1'), FIXED]]),
      stored('fleet.test', TYPE.NS, [[Buffer.from(mustWireName('ns1.test'), 'latin1'), SYSTEM]]),
    ];
    expect(edit(before, [add(CHALLENGE, TYPE.TXT, txt('x'))])).toEqual({ changes: [] });
  });

  it('is refused when the device would have too many values, or too long ones', () => {
    const full = Array.from({ length: MAX_TXT_VALUES }, (_, index) => add(CHALLENGE, TYPE.TXT, txt(`v${index}`)));
    expect(edit([], full).refusal).toBeUndefined();
    const other = mustWireName('_acme-challenge.x.k2v7.fleet.test');
    expect(edit([], [...full, add(other, TYPE.TXT, txt('one more'))]).refusal).toMatchObject({ rcode: 'REFUSED' });
    const long = Buffer.concat(Array.from({ length: 3 }, () => txt('x'.repeat(200))));
    expect(edit([], [add(CHALLENGE, TYPE.TXT, long)]).refusal).toMatchObject({ rcode: 'REFUSED' });
  });
});
