import type { AnswerEngine } from '../answering/answer-engine.js';
import { TYPE } from '../domain/rr-type.js';
import { acceptMessage, SILENCE } from '../wire/accept-filter.js';
import { MAX_TCP_OCTETS, OPCODE, RCODE } from '../wire/message-codes.js';
import { Query } from '../wire/query.js';
import { ClientGoneError } from './client-gone-error.js';
import type { DnsCounters } from './dns-counters.js';
import type { Exchange, MessageHook, MessageSource, Transport } from './message-hook.js';
import { ADMIT, DROP, SLIP, type QueryGate } from './query-gate.js';

/** The octet of a message whose lower half is the RCODE (RFC 1035 section 4.1.1). */
const RCODE_OCTET = 3;

/** Sends the answers that come later than the call; the listeners' side of an Exchange. */
export interface Responder {
  respond(message: Uint8Array, source: MessageSource): Promise<void>;
  /** A hook has begun (+1) or finished (-1) to answer: a half-closed connection stays open in between. */
  changeAnswersDue(change: 1 | -1): void;
}

export interface PipelineParts {
  readonly engine: AnswerEngine;
  readonly counters: DnsCounters;
  readonly hooks?: readonly MessageHook[];
  readonly gate?: QueryGate;
  /** Told of faults of ours; the message itself is answered with SERVFAIL. */
  readonly onFailure?: (error: unknown) => void;
}

/** What a message goes through: accept filter, gate, opcode, answer. Whatever comes in, it neither throws nor waits. */
export class MessagePipeline {
  #query = new Query();
  readonly #engine: AnswerEngine;
  readonly #counters: DnsCounters;
  readonly #hooks: readonly MessageHook[];
  readonly #gate: QueryGate | undefined;
  readonly #onFailure: (error: unknown) => void;

  constructor(parts: PipelineParts) {
    this.#engine = parts.engine;
    this.#counters = parts.counters;
    this.#hooks = parts.hooks ?? [];
    this.#gate = parts.gate;
    this.#onFailure = parts.onFailure ?? (() => undefined);
  }

  /** The answer to the message last processed stands at the beginning of these. */
  get octets(): Buffer {
    return this.#engine.octets;
  }

  /** Call this when the last answer's octets are still in use. */
  releaseOctets(): void {
    this.#engine.releaseOctets();
  }

  /** @returns how many octets to send back now; 0 for silence, or when a hook answers later through `responder`. */
  process(message: Buffer, transport: Transport, source: MessageSource, responder: Responder): number {
    let octets: number;
    try {
      octets = this.#process(message, transport, source, responder);
    } catch (error) {
      this.#counters.failures += 1;
      this.#onFailure(error);
      octets = this.#engine.refuse(this.#query, RCODE.SERVFAIL);
    }
    if (octets > 0) this.#counters.answered(this.#query.qtype, this.#engine.octets[RCODE_OCTET]!);
    return octets;
  }

  #process(message: Buffer, transport: Transport, source: MessageSource, responder: Responder): number {
    const query = this.#query;
    const rcode = acceptMessage(message, query);
    if (rcode === SILENCE) {
      this.#counters.silenced += 1;
      return 0;
    }
    const gate = this.#gate;
    if (gate) {
      const decision = gate.admit(query, source, transport);
      this.#engine.setCookie(gate.cookie);
      if (decision !== ADMIT) return this.#turnedAway(query, decision);
    }
    if (rcode !== RCODE.NOERROR) return this.#engine.refuse(query, rcode);
    if (!isOrdinary(query)) {
      for (const hook of this.#hooks) {
        if (!hook.wants(query, transport)) continue;
        this.#handOver(hook, query, transport, source, responder);
        return 0;
      }
    }
    return this.#engine.answer(query, transport === 'udp' ? query.maxUdpOctets : MAX_TCP_OCTETS);
  }

  #turnedAway(query: Query, decision: number): number {
    if (decision !== SLIP && decision !== DROP) return this.#engine.refuse(query, decision);
    this.#counters.limited += 1;
    return decision === SLIP ? this.#engine.truncate(query) : 0;
  }

  #handOver(hook: MessageHook, query: Query, transport: Transport, source: MessageSource, responder: Responder): void {
    this.#query = new Query();
    const { address, port } = source;
    const exchange: Exchange = {
      transport,
      source: { address, port },
      message: query.message,
      send: (answer) => {
        this.#counters.answered(query.qtype, answer[RCODE_OCTET]!);
        return responder.respond(answer, source);
      },
    };
    responder.changeAnswersDue(1);
    void this.#await(hook.handle(query, exchange), query, exchange).finally(() => responder.changeAnswersDue(-1));
  }

  async #await(handled: Promise<void>, query: Query, exchange: Exchange): Promise<void> {
    try {
      await handled;
    } catch (error) {
      if (error instanceof ClientGoneError) return;
      this.#counters.failures += 1;
      this.#onFailure(error);
      const octets = this.#engine.refuse(query, RCODE.SERVFAIL);
      // Fails when the client has gone meanwhile.
      await exchange.send(Buffer.from(this.octets.subarray(0, octets))).catch(() => undefined);
    }
  }
}

function isOrdinary({ opcode, qtype, tsigOffset }: Query): boolean {
  return opcode === OPCODE.QUERY && tsigOffset === 0 && qtype !== TYPE.AXFR && qtype !== TYPE.IXFR;
}
