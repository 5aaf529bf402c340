import { findCut } from '../domain/delegation.js';
import type { AddressFilter } from '../domain/ip-synthesis.js';
import { lookup } from '../domain/lookup.js';
import { TYPE } from '../domain/rr-type.js';
import type { Zone } from '../domain/zone.js';
import type { ZoneSet } from '../domain/zone-set.js';
import { AnswerWriter } from '../wire/answer-writer.js';
import { MAX_TCP_OCTETS, OPCODE, RCODE } from '../wire/message-codes.js';
import type { Query } from '../wire/query.js';

/**
 * Answers accepted queries from the zones in memory: no database, no promise, and next to no garbage. It knows nothing
 * of sockets, so it runs the same in a worker process.
 */
export class AnswerEngine {
  readonly #writer = new AnswerWriter(Buffer.allocUnsafeSlow(MAX_TCP_OCTETS));

  /** @param allows the addresses to synthesise IP-encoded names for; undefined: none. */
  constructor(
    private readonly zones: ZoneSet,
    private readonly allows?: AddressFilter,
  ) {}

  /** The last answer stands at the beginning of these octets, until the next one is made. */
  get octets(): Buffer {
    return this.#writer.octets;
  }

  /** Call this when the last answer's octets are still in use. */
  releaseOctets(): void {
    this.#writer.releaseOctets();
  }

  /** The data of the COOKIE option for the next answer; of length 0 for none. */
  setCookie(cookie: Buffer): void {
    this.#writer.cookie = cookie;
  }

  /** Refuses with an RCODE. @returns the answer's octets. */
  refuse(query: Query, rcode: number): number {
    return this.#writer.writeError(query, rcode);
  }

  /** Truncated and empty, so that the client comes back over TCP. @returns the answer's octets. */
  truncate(query: Query): number {
    return this.#writer.writeTruncated(query, false);
  }

  /**
   * Answers a query of class IN that the accept filter let through and that no hook took.
   * @param limit octets that the answer may have. @returns the octets it has.
   */
  answer(query: Query, limit: number): number {
    if (query.opcode !== OPCODE.QUERY) return this.refuse(query, RCODE.NOTIMP);
    // Nobody here knows the key (RFC 8945 section 5.2.1).
    if (query.tsigOffset > 0) return this.refuse(query, RCODE.NOTAUTH);
    // Transfers belong to a hook, which asks for TSIG.
    if (query.qtype === TYPE.AXFR || query.qtype === TYPE.IXFR) return this.refuse(query, RCODE.REFUSED);
    const zone = this.#zoneFor(query);
    if (!zone) return this.refuse(query, RCODE.REFUSED);
    if (!zone.soa) return this.refuse(query, RCODE.SERVFAIL);
    return this.#writer.writeAnswer(query, zone, lookup(zone, query.qname, query.qtype, this.allows), limit);
  }

  #zoneFor({ qname, qtype }: Query): Zone | undefined {
    const zone = this.zones.closest(qname);
    if (qtype !== TYPE.DS || zone?.apex !== qname) return zone;
    const parent = this.zones.closestAbove(qname);
    return parent && findCut(parent, qname) ? parent : zone;
  }
}
