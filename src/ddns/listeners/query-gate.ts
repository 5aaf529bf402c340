import type { Query } from '../wire/query.js';
import type { MessageSource, Transport } from './message-hook.js';

/** Answer the query. */
export const ADMIT = 0;
/** Say nothing. */
export const DROP = -1;
/** Answer truncated and empty, so that a real client comes back over TCP. */
export const SLIP = -2;

/**
 * Stands between the accept filter and the answer: response rate limiting and DNS cookies. It may not throw.
 */
export interface QueryGate {
  /** @returns ADMIT, DROP, SLIP, or the RCODE to refuse with (FORMERR for a malformed cookie). */
  admit(query: Query, source: MessageSource, transport: Transport): number;
  /** The data of the COOKIE option for the answer to the query last admitted; of length 0 for none. */
  readonly cookie: Buffer;
}
