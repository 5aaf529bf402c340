import { type OwnedRrset, Rrset } from '../domain/rrset.js';
import { TYPE } from '../domain/rr-type.js';
import { FLAG, MAX_TCP_OCTETS, MAX_UDP_OCTETS } from '../wire/message-codes.js';
import { MessageWriter } from '../wire/message-writer.js';
import type { Query } from '../wire/query.js';

/**
 * A message is closed once it is this long: compression reaches no further than 16 KiB, and writing so much takes some
 * tenths of a millisecond, which is how long queries wait for a transfer.
 */
const FULL_OCTETS = 15 * 1024;

const OPT_OCTETS = 11;

/** What a transfer takes from its query. */
export type TransferQuery = Pick<Query, 'message' | 'qname' | 'questionEnd' | 'edns'>;

/**
 * Packs records into as few messages as is sensible (RFC 5936 section 2.2), each with the question and, where the query
 * had one, an OPT record. Each message is made when it is asked for.
 *
 * @param reserve octets that the caller appends to each message (TSIG).
 */
export function* transferMessages(
  query: TransferQuery,
  records: Iterable<OwnedRrset>,
  reserve: number,
): Generator<Buffer> {
  const octets = Buffer.allocUnsafe(MAX_TCP_OCTETS);
  const limit = MAX_TCP_OCTETS - reserve - (query.edns ? OPT_OCTETS : 0);
  const writer = new MessageWriter(octets);
  let count = 0;
  query.message.copy(octets, 0, 0, query.questionEnd);
  writer.begin(query.qname, query.questionEnd, limit);

  const flush = (): Buffer => {
    const message = finish(query, octets, writer.length, count);
    writer.begin(query.qname, query.questionEnd, limit);
    count = 0;
    return message;
  };
  for (const { owner, rrset } of records) {
    let written = writer.writeRrset(owner, rrset);
    if (written === 0 && count > 0) {
      yield flush();
      written = writer.writeRrset(owner, rrset);
    }
    count += written;
    if (written === 0) {
      // Not even alone in a message: one by one.
      for (const rdata of rrset.rdatas()) {
        const single = Rrset.of(rrset.type, rrset.ttl, [rdata]);
        if (writer.writeRrset(owner, single) === 0) {
          yield flush();
          if (writer.writeRrset(owner, single) === 0) throw new Error('A record is longer than a message.');
        }
        count += 1;
      }
    }
    if (writer.length >= FULL_OCTETS) yield flush();
  }
  if (count > 0) yield flush();
}

function finish(query: TransferQuery, octets: Buffer, end: number, count: number): Buffer {
  const message = Buffer.allocUnsafe(end + (query.edns ? OPT_OCTETS : 0));
  octets.copy(message, 0, 0, end);
  message.writeUInt16BE(FLAG.QR | FLAG.AA | (query.message.readUInt16BE(2) & FLAG.RD), 2);
  message.writeUInt16BE(1, 4);
  message.writeUInt16BE(count, 6);
  message.writeUInt16BE(0, 8);
  message.writeUInt16BE(query.edns ? 1 : 0, 10);
  if (query.edns) {
    message.fill(0, end);
    message.writeUInt16BE(TYPE.OPT, end + 1);
    message.writeUInt16BE(MAX_UDP_OCTETS, end + 3);
  }
  return message;
}
