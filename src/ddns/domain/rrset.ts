import type { WireName } from './name.js';
import { CLASS_IN } from './rr-type.js';

/** One resource record of class IN. `rdata`: wire format, names in it uncompressed and in lower case. */
export interface ResourceRecord {
  readonly name: WireName;
  readonly type: number;
  /** Seconds. */
  readonly ttl: number;
  readonly rdata: Uint8Array;
  /** An address of a device, below whose name IP-encoded names may be synthesised. */
  readonly ofDevice?: boolean;
}

/** Octets of a packed record before its RDATA: owner pointer 2, TYPE 2, CLASS 2, TTL 4, RDLENGTH 2. */
export const RECORD_HEADER_OCTETS = 12;

/** A compression pointer to the question's name, which always stands at octet 12 (RFC 1035 section 4.1.4). */
const POINTER_TO_QNAME = '\xc0\x0c';

/**
 * All records of one name and type, immutable and without the name. They are kept as the octets of a ready answer
 * section: each record with a pointer to the question's name as its owner. Answering is then a copy, and a set of one
 * A record takes 80 octets of memory.
 */
export class Rrset {
  private constructor(
    readonly type: number,
    /** The packed records, one character an octet. */
    readonly packed: string,
    readonly ofDevice: boolean,
  ) {}

  /** @param ttl seconds. @param rdatas at least one; duplicates are dropped (RFC 2181 section 5). */
  static of(type: number, ttl: number, rdatas: readonly Uint8Array[], ofDevice = false): Rrset {
    const distinct = rdatas.length > 1 ? withoutDuplicates(rdatas) : rdatas;
    if (distinct.length === 0) throw new Error('An RRset has at least one record.');
    let length = 0;
    for (const rdata of distinct) length += RECORD_HEADER_OCTETS + rdata.length;
    const octets = Buffer.allocUnsafe(length);
    let at = 0;
    for (const rdata of distinct) {
      at += octets.write(POINTER_TO_QNAME, at, 'latin1');
      at = octets.writeUInt16BE(type, at);
      at = octets.writeUInt16BE(CLASS_IN, at);
      at = octets.writeUInt32BE(ttl, at);
      at = octets.writeUInt16BE(rdata.length, at);
      octets.set(rdata, at);
      at += rdata.length;
    }
    return new Rrset(type, octets.toString('latin1'), ofDevice);
  }

  /** @param packed what another process had as the `packed` of this set. */
  static ofPacked(type: number, packed: string, ofDevice: boolean): Rrset {
    return new Rrset(type, packed, ofDevice);
  }

  /** Seconds. */
  get ttl(): number {
    const { packed } = this;
    return (
      packed.charCodeAt(6) * 0x1000000 +
      ((packed.charCodeAt(7) << 16) | (packed.charCodeAt(8) << 8) | packed.charCodeAt(9))
    );
  }

  /** How many records. */
  get size(): number {
    let size = 0;
    for (let at = 0; at < this.packed.length; at = this.#end(at)) size += 1;
    return size;
  }

  /** The RDATA of each record. */
  rdatas(): Buffer[] {
    return this.rdataStrings().map((rdata) => Buffer.from(rdata, 'latin1'));
  }

  /** The RDATA of each record, one character an octet. */
  rdataStrings(): string[] {
    const rdatas: string[] = [];
    for (let at = 0; at < this.packed.length;) {
      const end = this.#end(at);
      rdatas.push(this.packed.slice(at + RECORD_HEADER_OCTETS, end));
      at = end;
    }
    return rdatas;
  }

  /** The records, with their owner. */
  records(name: WireName): ResourceRecord[] {
    const { type, ttl, ofDevice } = this;
    return this.rdatas().map((rdata) => ({ name, type, ttl, rdata, ...(ofDevice && { ofDevice }) }));
  }

  #end(at: number): number {
    return at + RECORD_HEADER_OCTETS + ((this.packed.charCodeAt(at + 10) << 8) | this.packed.charCodeAt(at + 11));
  }
}

function withoutDuplicates(rdatas: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(rdatas.map((rdata) => [Buffer.from(rdata).toString('latin1'), rdata])).values()];
}

/** An RRset with its owner name, as a lookup answers it. */
export interface OwnedRrset {
  readonly owner: WireName;
  readonly rrset: Rrset;
}
