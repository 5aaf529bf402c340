import type { Socket } from 'node:net';

import type { DnsCounters } from './dns-counters.js';
import { ClientGoneError } from './client-gone-error.js';
import { MessageFramer } from './message-framer.js';
import type { MessageSource } from './message-hook.js';
import type { MessagePipeline, Responder } from './message-pipeline.js';
import type { TcpLimits } from './tcp-limits.js';

export interface TcpConnectionParts {
  readonly pipeline: MessagePipeline;
  readonly counters: DnsCounters;
  readonly limits: TcpLimits;
  /** Milliseconds of a clock that does not go back. */
  readonly now: () => number;
  /** A message was complete. */
  readonly onActive: (connection: TcpConnection) => void;
}

/**
 * One TCP connection: any number of queries, pipelined or not, answered in the order in which the answers are ready
 * (RFC 7766 section 6.2.1.1). A client that does not take its answers is not read from.
 */
export class TcpConnection implements Responder {
  readonly #framer = new MessageFramer();
  readonly #source: MessageSource;
  readonly #parts: TcpConnectionParts;
  /** Messages that hooks are still answering. */
  #answersDue = 0;
  /** Nothing more is read. */
  #ending = false;
  /** Nor is the client's own end waited for. */
  #closing = false;
  #lastActive: number;
  #messageBegan: number | undefined;
  #unsentSince: number | undefined;
  /** Answers to the segment at hand, framed. */
  #batch: Buffer[] = [];
  #batchOctets = 0;
  /** What of the last segment waits until the client has taken its answers. */
  #rest: Buffer | undefined;

  constructor(
    readonly client: string,
    private readonly socket: Socket,
    parts: TcpConnectionParts,
  ) {
    this.#parts = parts;
    this.#source = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    this.#lastActive = parts.now();
    socket.setNoDelay(true);
    // Pipelined transfers may each wait for the same drain.
    socket.setMaxListeners(0);
    socket.on('data', (segment) => this.#receive(segment));
    socket.on('end', () => this.end());
    socket.on('drain', () => this.#drained());
    // The peer's resets; 'close' follows.
    socket.on('error', () => (parts.counters.sendErrors += 1));
  }

  respond(message: Uint8Array): Promise<void> {
    const { socket } = this;
    if (socket.destroyed || socket.writableEnded) return Promise.reject(new ClientGoneError());
    this.#lastActive = this.#parts.now();
    if (socket.write(framed(message, message.length))) return Promise.resolve();
    this.#unsentSince ??= this.#parts.now();
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        socket.off('drain', settle);
        socket.off('close', settle);
        if (socket.destroyed) reject(new ClientGoneError());
        else resolve();
      };
      socket.on('drain', settle);
      socket.on('close', settle);
    });
  }

  changeAnswersDue(change: 1 | -1): void {
    this.#answersDue += change;
    if (this.#closing) this.close();
    else if (this.#ending) this.end();
  }

  /** Closes the connection when one of its times is over. */
  sweep(now: number): void {
    const { limits, counters } = this.#parts;
    const isOver = (since: number | undefined, limit: number): boolean => since !== undefined && now - since > limit;
    const isBusy = this.#answersDue > 0 || this.#unsentSince !== undefined;
    if (isOver(this.#messageBegan, limits.messageMilliseconds) || isOver(this.#unsentSince, limits.writeMilliseconds)) {
      counters.tcpTimedOut += 1;
      this.destroy();
    } else if (!isBusy && isOver(this.#lastActive, limits.idleMilliseconds)) {
      counters.tcpTimedOut += 1;
      this.close();
    }
  }

  /** Reads nothing more, and closes when the answers under way are sent. */
  end(): void {
    this.#ending = true;
    if (this.#answersDue === 0 && !this.socket.writableEnded) this.socket.end();
  }

  /** Closes when the answers under way are sent, whatever the client does. */
  close(): void {
    this.#ending = true;
    this.#closing = true;
    if (this.#answersDue === 0) this.socket.destroySoon();
  }

  destroy(): void {
    this.socket.destroy();
  }

  #receive(segment: Buffer): void {
    const taken = this.#framer.push(segment, (message) => this.#answer(message));
    this.#flush();
    this.#messageBegan = this.#framer.isPartial ? (this.#messageBegan ?? this.#parts.now()) : undefined;
    if (taken === segment.length || this.#ending) return;
    this.#rest = segment.subarray(taken);
    this.socket.pause();
    // The kernel took all of it at once? Then there is no drain to wait for, only the turn of others.
    if (!this.socket.writableNeedDrain) setImmediate(() => this.#goOn());
  }

  /** @returns whether to go on with the next message. */
  #answer(message: Buffer): boolean {
    if (this.#ending || this.socket.destroyed) return false;
    const { pipeline, counters, limits, now, onActive } = this.#parts;
    this.#lastActive = now();
    this.#messageBegan = undefined;
    onActive(this);
    counters.tcpQueries += 1;
    const octets = pipeline.process(message, 'tcp', this.#source, this);
    if (octets > 0) {
      this.#batch.push(framed(pipeline.octets, octets));
      this.#batchOctets += octets;
    }
    return this.#batchOctets + this.socket.writableLength < limits.maxUnsentOctets;
  }

  /** One write for the answers to all messages of a segment. */
  #flush(): void {
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    this.#batchOctets = 0;
    if (this.socket.destroyed || this.socket.writableEnded) return;
    if (!this.socket.write(batch.length === 1 ? batch[0]! : Buffer.concat(batch))) {
      this.#unsentSince ??= this.#parts.now();
    }
  }

  #drained(): void {
    this.#unsentSince = undefined;
    this.#lastActive = this.#parts.now();
    this.#goOn();
  }

  #goOn(): void {
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest) this.#receive(rest);
    if (!this.#rest) this.socket.resume();
  }
}

function framed(octets: Uint8Array, length: number): Buffer {
  const frame = Buffer.allocUnsafe(2 + length);
  frame.writeUInt16BE(length, 0);
  frame.set(octets.subarray(0, length), 2);
  return frame;
}
