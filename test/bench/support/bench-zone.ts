import { mustWireName } from '../../../src/ddns/domain/name.js';
import { Rrset } from '../../../src/ddns/domain/rrset.js';
import { TYPE } from '../../../src/ddns/domain/rr-type.js';
import { soaRdata } from '../../../src/ddns/domain/soa.js';
import { Zone } from '../../../src/ddns/domain/zone.js';

export const BENCH_ZONE = 'fleet.test';

/** The name of the device with this number, as long as real ones are. */
export function deviceName(index: number): string {
  return `device${String(index).padStart(14, '0')}.${BENCH_ZONE}`;
}

/** In presentation format. */
export function addressText(index: number): string {
  return [...addressOf(index)].join('.');
}

function addressOf(index: number): Buffer {
  return Buffer.from([10, (index >> 16) & 255, (index >> 8) & 255, index & 255]);
}

/** A zone of so many devices with one address each. */
export function deviceZone(count: number): Zone {
  const apex = mustWireName(BENCH_ZONE);
  const zone = new Zone(apex);
  const mname = mustWireName(`ns1.${BENCH_ZONE}`);
  const rname = mustWireName(`hostmaster.${BENCH_ZONE}`);
  const soa = { mname, rname, serial: 1, refresh: 900, retry: 300, expire: 1_209_600, minimum: 60 };
  zone.replace(apex, TYPE.SOA, Rrset.of(TYPE.SOA, 3600, [soaRdata(soa)]));
  zone.replace(apex, TYPE.NS, Rrset.of(TYPE.NS, 3600, [Buffer.from(mname, 'latin1')]));
  zone.replace(mname, TYPE.A, Rrset.of(TYPE.A, 3600, [Buffer.from([127, 0, 0, 1])]));
  for (let index = 0; index < count; index += 1) {
    zone.replace(mustWireName(deviceName(index)), TYPE.A, Rrset.of(TYPE.A, 60, [addressOf(index)], true));
  }
  return zone;
}

/** Whole answers by the question's name, for a loop that does nothing but send them. */
export function deviceAnswers(count: number): Map<string, Buffer> {
  const answers = new Map<string, Buffer>();
  for (let index = 0; index < count; index += 1) {
    const name = mustWireName(deviceName(index));
    const header = Buffer.from([0, 0, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0]);
    const question = Buffer.concat([Buffer.from(name, 'latin1'), Buffer.from([0, 1, 0, 1])]);
    const record = Buffer.concat([Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]), addressOf(index)]);
    answers.set(name, Buffer.concat([header, question, record]));
  }
  return answers;
}
