import type { Query } from '../wire/query.js';

export type Transport = 'udp' | 'tcp';

/** Where a message came from. `address` as the socket gives it: no brackets; link-local ones with their scope. */
export interface MessageSource {
  readonly address: string;
  readonly port: number;
}

/** One message and the way back to who sent it. */
export interface Exchange {
  readonly transport: Transport;
  readonly source: MessageSource;
  /** The message as it came. */
  readonly message: Buffer;
  /**
   * Sends a message back; may be called any number of times. Over TCP it resolves when the connection can take more, so
   * that a long transfer goes at the client's pace, and rejects when the connection is gone.
   */
  send(message: Uint8Array): Promise<void>;
}

/**
 * Takes messages that are not ordinary queries: the opcodes NOTIFY and UPDATE, messages with TSIG, and AXFR and IXFR.
 * They have passed the accept filter: one question, of class IN, well-formed sections.
 */
export interface MessageHook {
  /** Is this message its business? Cheap, and without effects. What no hook wants is refused. */
  wants(query: Query, transport: Transport): boolean;
  /** Answers it, now or later. `query` is the hook's to keep. A rejection is logged and answered with SERVFAIL. */
  handle(query: Query, exchange: Exchange): Promise<void>;
}
