import { expect, it } from 'vitest';

import { mustWireName, presentName } from '../domain/name.js';
import { TYPE } from '../domain/rr-type.js';
import { Rrset } from '../domain/rrset.js';
import { Zone } from '../domain/zone.js';
import { fillZone, zoneChunks } from './zone-chunks.js';

const APEX = mustWireName('fleet.test');

function aZone(devices: number): Zone {
  const zone = new Zone(APEX);
  for (let index = 0; index < devices; index += 1) {
    const rdatas = [Buffer.of(10, 0, index >> 8, index & 255), Buffer.of(192, 168, index >> 8, index & 255)];
    zone.replace(mustWireName(`device${index}.fleet.test`), TYPE.A, Rrset.of(TYPE.A, 60, rdatas, true));
  }
  return zone;
}

function records(zone: Zone): string[] {
  return [...zone.rrsets()].map(
    ({ owner, rrset }) =>
      `${presentName(owner)} ${rrset.type} ${rrset.ttl} ${String(rrset.ofDevice)} ${rrset
        .rdatas()
        .map((rdata) => rdata.toString('hex'))
        .join()}`,
  );
}

function copyOf(zone: Zone): { readonly copy: Zone; readonly chunks: number[] } {
  const copy = new Zone(APEX);
  const chunks: number[] = [];
  for (const chunk of zoneChunks(zone.rrsets())) {
    chunks.push(chunk.length);
    fillZone(copy, Buffer.from(chunk));
  }
  return { copy, chunks };
}

it('rebuilds a zone from its chunks, with TTLs and what belongs to devices', () => {
  const zone = aZone(3_000);
  zone.replace(APEX, TYPE.TXT, Rrset.of(TYPE.TXT, 4_000_000_000, [Buffer.from([3, 0xff, 0, 0x41])]));
  const { copy, chunks } = copyOf(zone);
  expect(records(copy)).toEqual(records(zone));
  expect(chunks.length).toBeGreaterThan(2);
  expect(Math.max(...chunks)).toBeLessThanOrEqual(64 * 1024);
});

it('has a chunk of its own for an RRset that is larger than a chunk', () => {
  const zone = aZone(2);
  const many = Array.from({ length: 400 }, (_, index) => Buffer.alloc(256, `${index}`));
  zone.replace(APEX, TYPE.TXT, Rrset.of(TYPE.TXT, 60, many));
  const { copy, chunks } = copyOf(zone);
  expect(records(copy)).toEqual(records(zone));
  expect(Math.max(...chunks)).toBeGreaterThan(64 * 1024);
});
