import { AnswerWriter } from '../wire/answer-writer.js';
import { MAX_UDP_OCTETS } from '../wire/message-codes.js';
import type { Query } from '../wire/query.js';

/** A message that refuses `query` with an RCODE: the question, no records, OPT where the query had one. */
export function refusal(query: Query, rcode: number): Buffer {
  const octets = Buffer.alloc(MAX_UDP_OCTETS);
  return octets.subarray(0, new AnswerWriter(octets).writeError(query, rcode));
}
