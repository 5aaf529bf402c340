import { Injectable } from '@nestjs/common';

import { Clock } from '../../kernel/clock.js';
import { RCODE } from '../wire/message-codes.js';
import type { Query } from '../wire/query.js';
import { WireFormatError } from '../wire/rr-reader-error.js';
import { type TsigAnswerer, verifyTsigRequest } from '../wire/tsig.js';
import { refusal } from './refusal.js';
import { type PeerKey, ZonePeers } from './zone-peers.js';

export interface SignedRequestIdentity {
  readonly mac: string;
  /** From this Unix time on, in seconds, its signature does not hold any more. */
  readonly expires: number;
}

/** Who sent a message, and how to answer it. */
export interface Sender {
  /** The key that the message is signed with; absent: it is unsigned. */
  readonly peer?: PeerKey;
  /** Which request it is: the same octets have the same, others never. Absent: it is unsigned. */
  readonly request?: SignedRequestIdentity;
  /** Octets that `seal` adds to a message. */
  readonly sealOctets: number;
  /** Signs a message of the answer, when the request was signed: each in its turn. */
  seal(message: Buffer): Buffer;
}

export type Authentication =
  | { readonly sender: Sender }
  /** The signature does not hold: this is the whole answer. */
  | { readonly answer: Buffer };

const UNSIGNED: Sender = { sealOctets: 0, seal: (message) => message };

/** Finds out by TSIG who sent a message (RFC 8945). */
@Injectable()
export class Authenticator {
  constructor(
    private readonly peers: ZonePeers,
    private readonly clock: Clock,
  ) {}

  authenticate(query: Query): Authentication {
    if (query.tsigOffset === 0) return { sender: UNSIGNED };
    let found: PeerKey | undefined;
    try {
      const verdict = verifyTsigRequest(
        query.message,
        (name) => {
          found = this.peers.findKey(name);
          return found?.key;
        },
        this.#seconds(),
      );
      if (verdict.kind === 'absent') return { sender: UNSIGNED };
      const { answerer } = verdict;
      if (verdict.kind === 'refused') return { answer: this.#seal(answerer, refusal(query, RCODE.NOTAUTH)) };
      return {
        sender: {
          peer: found,
          request: { mac: verdict.mac.toString('base64'), expires: verdict.expires },
          sealOctets: answerer.octets,
          seal: (message) => this.#seal(answerer, message),
        },
      };
    } catch (error) {
      if (error instanceof WireFormatError) return { answer: refusal(query, RCODE.FORMERR) };
      throw error;
    }
  }

  #seal(answerer: TsigAnswerer, message: Buffer): Buffer {
    return answerer.sign(message, this.#seconds());
  }

  #seconds(): number {
    return Math.floor(this.clock.now().getTime() / 1000);
  }
}
