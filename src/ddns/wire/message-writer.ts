import type { WireName } from '../domain/name.js';
import { RECORD_HEADER_OCTETS, type Rrset } from '../domain/rrset.js';
import { TYPE } from '../domain/rr-type.js';
import { HEADER_OCTETS, MAX_TCP_OCTETS } from './message-codes.js';

const POINTER = 0xc000;
/** A pointer has 14 bits (RFC 1035 section 4.1.4). */
const MAX_POINTER_TARGET = 0x3fff;

/** Octets of RDATA before the names that may be compressed (RFC 3597 section 4: only types of RFC 1035), and how many. */
const COMPRESSIBLE: ReadonlyMap<number, { readonly before: number; readonly names: number }> = new Map([
  [TYPE.NS, { before: 0, names: 1 }],
  [TYPE.CNAME, { before: 0, names: 1 }],
  [TYPE.PTR, { before: 0, names: 1 }],
  [TYPE.SOA, { before: 0, names: 2 }],
  [TYPE.MX, { before: 2, names: 1 }],
]);

/** May RDATA of this type be written shorter than the zone keeps it? */
export function isCompressible(type: number): boolean {
  return COMPRESSIBLE.has(type);
}

/**
 * Writes the records of one message behind its question, with name compression. A write that does not fit leaves
 * everything as it was and says so.
 */
export class MessageWriter {
  /** The octets that are written, from the message's first. */
  length = 0;
  /** Where this message has compression pointers. */
  readonly pointers: number[] = [];
  #limit = MAX_TCP_OCTETS;
  #names = new Map<WireName, number>();

  constructor(readonly octets: Buffer) {}

  /** Begins behind a question whose name is `qname`, in a message of at most `limit` octets. */
  begin(qname: WireName, questionEnd: number, limit: number): void {
    this.length = questionEnd;
    this.#limit = limit;
    this.#names = new Map();
    this.pointers.length = 0;
    for (let at = 0; at < qname.length - 1; at += 1 + qname.charCodeAt(at)) {
      this.#names.set(qname.slice(at), HEADER_OCTETS + at);
    }
  }

  /** Writes the whole RRset, or nothing. @returns the number of records; 0: it did not fit. */
  writeRrset(owner: WireName, rrset: Rrset): number {
    const start = this.length;
    const pointers = this.pointers.length;
    const { packed } = rrset;
    const compressible = COMPRESSIBLE.get(rrset.type);
    let count = 0;
    for (let at = 0; at < packed.length; count += 1) {
      const rdata = at + RECORD_HEADER_OCTETS;
      const end = rdata + ((packed.charCodeAt(rdata - 2) << 8) | packed.charCodeAt(rdata - 1));
      // The packed form is never shorter than the compressed one, but for its owner's two octets.
      if (this.length + owner.length + end - at > this.octets.length) return this.#undo(start, pointers);
      this.#writeName(owner);
      this.#writeOctets(packed, at + 2, rdata);
      const rdataStart = this.length;
      if (compressible) {
        let next = rdata + compressible.before;
        this.#writeOctets(packed, rdata, next);
        for (let index = 0; index < compressible.names; index += 1) {
          const name = nameAt(packed, next);
          this.#writeName(name);
          next += name.length;
        }
        this.#writeOctets(packed, next, end);
        this.octets.writeUInt16BE(this.length - rdataStart, rdataStart - 2);
      } else {
        this.#writeOctets(packed, rdata, end);
      }
      if (this.length > this.#limit) return this.#undo(start, pointers);
      at = end;
    }
    return count;
  }

  #undo(start: number, pointers: number): 0 {
    this.length = start;
    this.pointers.length = pointers;
    for (const [name, offset] of this.#names) if (offset >= start) this.#names.delete(name);
    return 0;
  }

  #writeName(name: WireName): void {
    for (let at = 0; at < name.length - 1; at += 1 + name.charCodeAt(at)) {
      const suffix = name.slice(at);
      const target = this.#names.get(suffix);
      if (target !== undefined) {
        this.pointers.push(this.length);
        this.length = this.octets.writeUInt16BE(POINTER | target, this.length);
        return;
      }
      if (this.length <= MAX_POINTER_TARGET) this.#names.set(suffix, this.length);
      this.#writeOctets(name, at, at + 1 + name.charCodeAt(at));
    }
    this.octets[this.length] = 0;
    this.length += 1;
  }

  #writeOctets(from: string, start: number, end: number): void {
    const { octets } = this;
    let target = this.length;
    for (let index = start; index < end; index += 1) {
      octets[target] = from.charCodeAt(index);
      target += 1;
    }
    this.length = target;
  }
}

function nameAt(packed: string, start: number): WireName {
  let at = start;
  while (packed.charCodeAt(at) !== 0) at += 1 + packed.charCodeAt(at);
  return packed.slice(start, at + 1);
}
