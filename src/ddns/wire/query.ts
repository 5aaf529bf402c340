import { ROOT, type WireName } from '../domain/name.js';
import { HEADER_OCTETS, MAX_UDP_OCTETS, PLAIN_UDP_OCTETS } from './message-codes.js';

/**
 * What the accept filter read of a message. One object serves a listener's queries one after the other, so that a query
 * makes no garbage; who keeps one for later takes it away (the listener then uses a new one).
 */
export class Query {
  message: Buffer = Buffer.alloc(0);
  opcode = 0;
  /** The question's name, in lower case. */
  qname: WireName = ROOT;
  qtype = 0;
  qclass = 0;
  /** The offset behind the question; HEADER_OCTETS when there is none that could be sent back. */
  questionEnd = HEADER_OCTETS;
  /** The query has an OPT record, so the answer gets one. */
  edns = false;
  ednsVersion = 0;
  dnssecOk = false;
  /** The UDP answer may have so many octets (RFC 6891 section 6.2.5, at most what we ever send). */
  maxUdpOctets = PLAIN_UDP_OCTETS;
  /** Where the data of the COOKIE option stands in the message; 0 when there is none. */
  cookieOffset = 0;
  cookieOctets = 0;
  /** Where the TSIG record begins, which is then the last one; 0 when there is none. */
  tsigOffset = 0;

  get id(): number {
    return this.message.readUInt16BE(0);
  }

  reset(message: Buffer): void {
    this.message = message;
    this.opcode = (message[2]! >> 3) & 0x0f;
    this.qname = ROOT;
    this.qtype = 0;
    this.qclass = 0;
    this.questionEnd = HEADER_OCTETS;
    this.edns = false;
    this.ednsVersion = 0;
    this.dnssecOk = false;
    this.maxUdpOctets = PLAIN_UDP_OCTETS;
    this.cookieOffset = 0;
    this.cookieOctets = 0;
    this.tsigOffset = 0;
  }

  setUdpPayloadOctets(octets: number): void {
    this.maxUdpOctets = Math.min(Math.max(octets, PLAIN_UDP_OCTETS), MAX_UDP_OCTETS);
  }
}
