import { describe, expect, it } from 'vitest';

import { aQuery, type QueryWanted } from '../../../test/integration/ddns/a-query.js';
import { aZone, zoneSet } from '../../../test/integration/ddns/a-zone.js';
import { describeAnswer, type Answer } from '../../../test/integration/ddns/ask.js';
import { mustWireName } from '../domain/name.js';
import { Zone } from '../domain/zone.js';
import { ZoneSet } from '../domain/zone-set.js';
import { acceptMessage } from '../wire/accept-filter.js';
import { Query } from '../wire/query.js';
import { AnswerEngine } from './answer-engine.js';

function ask(zones: ZoneSet, wanted: QueryWanted, limit = 65_535): Answer {
  const engine = new AnswerEngine(zones);
  const query = new Query();
  expect(acceptMessage(aQuery(wanted), query)).toBe(0);
  const octets = engine.answer(query, limit);
  return describeAnswer(Buffer.from(engine.octets.subarray(0, octets)));
}

describe('several zones', () => {
  const parent = aZone('child 60 NS ns.child\nwww 60 A 10.0.0.1', 'fleet.test');
  const child = aZone('www 60 A 10.0.0.2', 'child.fleet.test');
  const other = aZone('www 60 A 10.0.0.3', 'other.example');
  const zones = zoneSet(parent, child, other);

  it.each([
    ['www.fleet.test', '10.0.0.1'],
    ['www.child.fleet.test', '10.0.0.2'],
    ['www.other.example', '10.0.0.3'],
  ])('answer %s each from its own', (name, address) => {
    expect(ask(zones, { name }).answers).toEqual([`${name}. 60 IN A ${address}`]);
  });

  it('answer DS at the child’s apex from the parent, which delegates it', () => {
    expect(ask(zones, { name: 'child.fleet.test', type: 'DS' }).authority[0]).toMatch(/^fleet\.test\. /);
  });

  it('answer DS from the child where the parent does not delegate it', () => {
    const undelegated = zoneSet(aZone('', 'fleet.test'), child);
    expect(ask(undelegated, { name: 'child.fleet.test', type: 'DS' })).toMatchObject({
      rcode: 'NOERROR',
      authority: [expect.stringMatching(/^child\.fleet\.test\. /)],
    });
  });

  it('answer DS at the apex without a parent here with NODATA', () => {
    expect(ask(zoneSet(parent), { name: 'fleet.test', type: 'DS' })).toMatchObject({ rcode: 'NOERROR', answers: [] });
  });

  it('refuse what only ends in the same letters', () => {
    expect(ask(zones, { name: 'xfleet.test' }).rcode).toBe('REFUSED');
  });
});

describe('the engine', () => {
  it('answers SERVFAIL for a zone that is not loaded', () => {
    expect(ask(zoneSet(new Zone(mustWireName('fleet.test'))), {}).rcode).toBe('SERVFAIL');
  });

  it('answers a signed query that nobody can check with NOTAUTH', () => {
    const tsig = Buffer.concat([
      Buffer.from(mustWireName('key'), 'latin1'),
      Buffer.from([0, 250, 0, 255, 0, 0, 0, 0, 0, 0]),
    ]);
    expect(ask(zoneSet(aZone('')), { tail: tsig, counts: [1, 0, 0, 1] }).rcode).toBe('9');
  });

  it('leaves out courtesy addresses that do not fit, and truncates a referral without its glue', () => {
    const glue = Array.from(
      { length: 30 },
      (_, index) => `ns${index}.child 60 A 10.0.0.${index}\nchild 60 NS ns${index}.child`,
    );
    const zones = zoneSet(aZone(`@ 60 NS ns1\nns1 60 A 10.0.0.1\n${glue.join('\n')}`));
    const apexNs = ask(zones, { name: 'fleet.test', type: 'NS' });
    expect(apexNs.additional).toHaveLength(1);
    expect(ask(zones, { name: 'fleet.test', type: 'NS' }, apexNs.octets - 1)).toMatchObject({
      flags: ['AA'],
      additional: [],
    });
    const referral = ask(zones, { name: 'www.child.fleet.test' });
    expect(referral.additional).toHaveLength(30);
    expect(ask(zones, { name: 'www.child.fleet.test' }, referral.octets - 1)).toMatchObject({
      flags: ['TC'],
      authority: [],
    });
  });

  it('makes the same negative answer for every length of name', () => {
    const zones = zoneSet(aZone(''));
    for (const label of ['a', 'abc', 'x'.repeat(63), `${'y.'.repeat(100)}z`]) {
      expect(ask(zones, { name: `${label}.fleet.test` })).toMatchObject({
        rcode: 'NXDOMAIN',
        authority: ['fleet.test. 60 IN SOA ns1.fleet.test. hostmaster.fleet.test. 1 60'],
      });
    }
  });
});
