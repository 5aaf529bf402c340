import { mustWireName, wireName, type WireName } from '../../../src/ddns/domain/name.js';
import { Rrset } from '../../../src/ddns/domain/rrset.js';
import { TYPE, typeNumber } from '../../../src/ddns/domain/rr-type.js';
import { soaRdata } from '../../../src/ddns/domain/soa.js';
import { Zone } from '../../../src/ddns/domain/zone.js';
import { ZoneSet } from '../../../src/ddns/domain/zone-set.js';
import { parseRdata } from '../../../src/ddns/wire/rdata-text.js';

export const APEX = 'fleet.test';

/** One record a line: `name ttl type data`; names relative to the apex unless they end in a dot, `@` for the apex. */
export function aZone(text: string, apexText = APEX): Zone {
  const apex = mustWireName(apexText);
  const zone = new Zone(apex);
  const rdatas = new Map<string, { owner: WireName; type: number; ttl: number; values: Buffer[] }>();
  const add = (owner: WireName, type: number, ttl: number, rdata: Buffer): void => {
    const set = rdatas.get(`${type} ${owner}`) ?? { owner, type, ttl, values: [] };
    set.values.push(rdata);
    rdatas.set(`${type} ${owner}`, set);
  };
  const soa = soaRdata({
    mname: mustWireName(`ns1.${apexText}`),
    rname: mustWireName(`hostmaster.${apexText}`),
    serial: 1,
    refresh: 900,
    retry: 300,
    expire: 1_209_600,
    minimum: 60,
  });
  add(apex, TYPE.SOA, 3600, soa);
  for (const line of text.split('\n').map((entry) => entry.trim())) {
    const [, name = '', ttl = '', type = '', data = ''] = /^(\S+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (name === '') continue;
    const number = typeNumber(type)!;
    add(nameIn(name, apex), number, Number(ttl), parseRdata(number, data, apex));
  }
  for (const { owner, type, ttl, values } of rdatas.values()) {
    // Labels that begin with `dev` are devices'.
    const isDevice = (type === TYPE.A || type === TYPE.AAAA) && owner.slice(1).startsWith('dev');
    zone.replace(owner, type, Rrset.of(type, ttl, values, isDevice));
  }
  return zone;
}

export function nameIn(text: string, apex: WireName): WireName {
  if (text === '@') return apex;
  const own = wireName(text);
  if (own === undefined) throw new Error(`not a name: ${text}`);
  return text.endsWith('.') ? own : own.slice(0, -1) + apex;
}

export function zoneSet(...zones: Zone[]): ZoneSet {
  const set = new ZoneSet();
  for (const zone of zones) set.put(zone);
  return set;
}
