import type { LookupResult } from '../domain/lookup-result.js';
import type { OwnedRrset, Rrset } from '../domain/rrset.js';
import type { ZoneView } from '../domain/zone.js';
import { FLAG, HEADER_OCTETS, MAX_UDP_OCTETS, RCODE } from './message-codes.js';
import { isCompressible, MessageWriter } from './message-writer.js';
import { NegativeSection } from './negative-section.js';
import type { Query } from './query.js';

/** An OPT record without options (RFC 6891 section 6.1.2). */
const OPT_OCTETS = 11;
const OPTION_HEADER_OCTETS = 4;

/** Copying octet by octet beats a call into C++ up to about this length. */
const SHORT_COPY_OCTETS = 200;

const NO_OPTION = Buffer.alloc(0);

/**
 * Turns what a lookup found into an answer's octets. The answer stands in `octets` until the next one is written.
 *
 * The question is copied from the query, so the case of its letters stays (draft-vixie-dnsext-dns0x20), and names in
 * the answer point into it. The common answer, one RRset under the name asked for, is kept ready by the zone and only
 * copied; so is the SOA of negative answers.
 */
export class AnswerWriter {
  octets: Buffer;
  /** The data of a COOKIE option for the next answer, from the gate (RFC 7873 section 5.2); 24 octets or none. */
  cookie: Buffer = NO_OPTION;
  #writer: MessageWriter;
  readonly #negative = new WeakMap<Rrset, NegativeSection>();

  constructor(octets: Buffer) {
    this.octets = octets;
    this.#writer = new MessageWriter(octets);
  }

  /** Leaves the current octets to whoever still sends them, and goes on with others of the same size. */
  releaseOctets(): void {
    this.octets = Buffer.allocUnsafeSlow(this.octets.length);
    this.#writer = new MessageWriter(this.octets);
  }

  /** A refusal: the question if it could be read, and no records. @returns the answer's length in octets. */
  writeError(query: Query, rcode: number): number {
    return this.#end(query, query.questionEnd, rcode, 0, 0, 0, 0);
  }

  /** Truncated and empty: come back over TCP. @returns the answer's length in octets. */
  writeTruncated(query: Query, authoritative: boolean): number {
    return this.#end(query, query.questionEnd, RCODE.NOERROR, FLAG.TC | (authoritative ? FLAG.AA : 0), 0, 0, 0);
  }

  /** @param limit octets that the whole answer may have. @returns the answer's length in octets. */
  writeAnswer(query: Query, zone: ZoneView, result: LookupResult, limit: number): number {
    const space = limit - this.#optOctets(query);
    const { answer, kind } = result;
    if (answer.length === 0 && kind !== 'referral') return this.#writeNegative(query, zone, result, space);
    const only = answer.length === 1 && kind === 'answer' && result.additional.length === 0 ? answer[0]! : undefined;
    if (only && only.owner === query.qname) {
      const end = query.questionEnd + only.rrset.packed.length;
      if (end <= space && !isCompressible(only.rrset.type)) {
        this.#copyPacked(only.rrset.packed, query.questionEnd);
        return this.#end(query, end, RCODE.NOERROR, FLAG.AA, only.rrset.size, 0, 0);
      }
    }
    return this.#writeSections(query, zone, result, space);
  }

  #writeNegative(query: Query, zone: ZoneView, { kind }: LookupResult, space: number): number {
    const section = this.#negativeSection(zone);
    if (query.questionEnd + section.octets.length > space) return this.writeTruncated(query, true);
    const end = section.write(this.octets, query.questionEnd, query.qname.length);
    return this.#end(query, end, kind === 'nxdomain' ? RCODE.NXDOMAIN : RCODE.NOERROR, FLAG.AA, 0, 1, 0);
  }

  #writeSections(query: Query, zone: ZoneView, result: LookupResult, space: number): number {
    const writer = this.#writer;
    const authoritative = result.kind !== 'referral' || result.answer.length > 0;
    writer.begin(query.qname, query.questionEnd, space);
    const answers = this.#writeAll(result.answer);
    let authorities = this.#writeAll(result.authority);
    if (answers < 0 || authorities < 0) return this.writeTruncated(query, authoritative);
    let end = writer.length;
    if (result.kind === 'nodata' || result.kind === 'nxdomain') {
      const soa = this.#negativeSection(zone);
      if (end + soa.octets.length > space) return this.writeTruncated(query, true);
      end = soa.write(this.octets, end, query.qname.length);
      authorities += 1;
    }
    let additionals = 0;
    for (const { owner, rrset } of result.additional) {
      const written = writer.writeRrset(owner, rrset);
      // A referral whose glue is missing leads nowhere (RFC 9471 section 3.1); other additions are a courtesy.
      if (written === 0 && result.kind === 'referral') return this.writeTruncated(query, authoritative);
      additionals += written;
      end = writer.length;
    }
    const rcode = result.kind === 'nxdomain' ? RCODE.NXDOMAIN : RCODE.NOERROR;
    return this.#end(query, end, rcode, authoritative ? FLAG.AA : 0, answers, authorities, additionals);
  }

  /** @returns the number of records, or -1 when they do not fit. */
  #writeAll(rrsets: readonly OwnedRrset[]): number {
    let count = 0;
    for (const { owner, rrset } of rrsets) {
      const written = this.#writer.writeRrset(owner, rrset);
      if (written === 0) return -1;
      count += written;
    }
    return count;
  }

  #negativeSection(zone: ZoneView): NegativeSection {
    const { soa } = zone;
    if (!soa) throw new Error('A zone without SOA answers nothing.');
    let section = this.#negative.get(soa);
    if (!section) {
      section = new NegativeSection(zone.apex, soa);
      this.#negative.set(soa, section);
    }
    return section;
  }

  #copyPacked(packed: string, offset: number): void {
    if (packed.length > SHORT_COPY_OCTETS) {
      this.octets.write(packed, offset, 'latin1');
      return;
    }
    const { octets } = this;
    for (let index = 0; index < packed.length; index += 1) octets[offset + index] = packed.charCodeAt(index);
  }

  #optOctets(query: Query): number {
    if (!query.edns) return 0;
    return this.cookie.length === 0 ? OPT_OCTETS : OPT_OCTETS + OPTION_HEADER_OCTETS + this.cookie.length;
  }

  /** Header, question and OPT around the records that end at `end`. */
  #end(
    query: Query,
    end: number,
    rcode: number,
    flags: number,
    answers: number,
    authorities: number,
    additionals: number,
  ): number {
    const { octets } = this;
    const { message, questionEnd } = query;
    octets[0] = message[0]!;
    octets[1] = message[1]!;
    // QR; opcode and RD as in the query; AA, TC. RA stays clear: we do not recurse.
    octets[2] = 0x80 | (message[2]! & 0x79) | (flags >> 8);
    // CD as in the query (RFC 4035 section 3.1.6); RA, Z and AD clear.
    octets[3] = (message[3]! & FLAG.CD) | (rcode & 0x0f);
    octets[4] = 0;
    octets[5] = questionEnd > HEADER_OCTETS ? 1 : 0;
    octets[6] = answers >> 8;
    octets[7] = answers & 0xff;
    octets[8] = authorities >> 8;
    octets[9] = authorities & 0xff;
    octets[10] = additionals >> 8;
    octets[11] = additionals & 0xff;
    for (let at = HEADER_OCTETS; at < questionEnd; at += 1) octets[at] = message[at]!;
    return query.edns ? this.#writeOpt(query, end, rcode) : end;
  }

  #writeOpt(query: Query, end: number, rcode: number): number {
    const { octets, cookie } = this;
    const additionals = ((octets[10]! << 8) | octets[11]!) + 1;
    octets[10] = additionals >> 8;
    octets[11] = additionals & 0xff;
    octets[end] = 0;
    octets[end + 1] = 0;
    octets[end + 2] = 41;
    octets[end + 3] = MAX_UDP_OCTETS >> 8;
    octets[end + 4] = MAX_UDP_OCTETS & 0xff;
    octets[end + 5] = rcode >> 4;
    octets[end + 6] = 0;
    octets[end + 7] = query.dnssecOk ? 0x80 : 0;
    octets[end + 8] = 0;
    octets[end + 9] = 0;
    octets[end + 10] = 0;
    if (cookie.length === 0) return end + OPT_OCTETS;
    octets[end + 10] = OPTION_HEADER_OCTETS + cookie.length;
    octets[end + 11] = 0;
    octets[end + 12] = 10;
    octets[end + 13] = 0;
    octets[end + 14] = cookie.length;
    for (let index = 0; index < cookie.length; index += 1) octets[end + 15 + index] = cookie[index]!;
    return end + OPT_OCTETS + OPTION_HEADER_OCTETS + cookie.length;
  }
}
