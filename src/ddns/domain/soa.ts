import type { WireName } from './name.js';
import type { Rrset } from './rrset.js';

/** RFC 1035 section 3.3.13. Times are seconds. */
export interface SoaFields {
  readonly mname: WireName;
  readonly rname: WireName;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

const NUMBERS_OCTETS = 20;

/** The RDATA. */
export function soaRdata(soa: SoaFields): Buffer {
  const names = Buffer.from(soa.mname + soa.rname, 'latin1');
  const numbers = Buffer.alloc(NUMBERS_OCTETS);
  [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum].forEach((value, index) => {
    numbers.writeUInt32BE(value, 4 * index);
  });
  return Buffer.concat([names, numbers]);
}

/** What stands in the RDATA of our own SOA: uncompressed names. */
export function parseSoa(rdata: Uint8Array): SoaFields {
  const octets = Buffer.from(rdata.buffer, rdata.byteOffset, rdata.length);
  const mnameEnd = nameEnd(octets, 0);
  const numbers = nameEnd(octets, mnameEnd);
  if (octets.length !== numbers + NUMBERS_OCTETS) throw new Error('The SOA RDATA has a wrong length.');
  const number = (index: number): number => octets.readUInt32BE(numbers + 4 * index);
  return {
    mname: octets.toString('latin1', 0, mnameEnd),
    rname: octets.toString('latin1', mnameEnd, numbers),
    serial: number(0),
    refresh: number(1),
    retry: number(2),
    expire: number(3),
    minimum: number(4),
  };
}

export function soaOf(rrset: Rrset): SoaFields {
  return parseSoa(rrset.rdatas()[0]!);
}

/** The same SOA with another serial. */
export function withSerial(rdata: Uint8Array, serial: number): Buffer {
  const octets = Buffer.from(rdata);
  octets.writeUInt32BE(serial, octets.length - NUMBERS_OCTETS);
  return octets;
}

function nameEnd(octets: Buffer, start: number): number {
  let at = start;
  while (octets[at] !== 0) {
    if (at >= octets.length) throw new Error('A name in the SOA RDATA has no end.');
    at += 1 + octets[at]!;
  }
  return at + 1;
}
