import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

import { isTruncated, matchAnswer, type AnswerMatch, type DnsQuery } from './dns-query.js';

/** Where the name server is. `address` has no brackets. */
export interface DnsAddress {
  readonly address: string;
  readonly port: number;
}

export interface DnsTiming {
  /** How long each try over UDP waits, and how many there are. */
  readonly udpMilliseconds: readonly number[];
  readonly tcpMilliseconds: number;
}

export const DEFAULT_TIMING: DnsTiming = { udpMilliseconds: [1000, 2000, 4000], tcpMilliseconds: 5000 };

/** Is a message the answer that is waited for? */
export type AnswerMatcher = (query: DnsQuery, message: Buffer) => AnswerMatch;

/** `timeout`: no answer; `network`: no way to the server; `letter-case`: answers, but to another spelling (0x20). */
export type TransportFailureKind = 'timeout' | 'network' | 'letter-case';

export class TransportFailure extends Error {
  override readonly name = 'TransportFailure';

  constructor(
    readonly kind: TransportFailureKind,
    cause?: unknown,
  ) {
    super(`no answer from the name server: ${kind}`, { cause });
  }
}

/**
 * Asks over UDP, a few times as resolvers do since datagrams get lost, and over TCP when the answer is truncated.
 * Rejects with a TransportFailure.
 */
export async function exchange(server: DnsAddress, query: DnsQuery, timing = DEFAULT_TIMING): Promise<Buffer> {
  let failure = new TransportFailure('timeout');
  for (const milliseconds of timing.udpMilliseconds) {
    try {
      const answer = await exchangeUdp(server, query, milliseconds);
      return isTruncated(answer) ? await exchangeTcp(server, query, timing.tcpMilliseconds) : answer;
    } catch (error) {
      if (!(error instanceof TransportFailure)) throw error;
      failure = error;
      // A refused datagram comes back at once: the server may only be starting again.
      if (error.kind === 'network') await new Promise((resolve) => setTimeout(resolve, milliseconds / 4));
    }
  }
  throw failure;
}

/** One datagram there and one back. Rejects with a TransportFailure, also for an answer to another spelling. */
export function exchangeUdp(
  server: DnsAddress,
  query: DnsQuery,
  milliseconds: number,
  matches: AnswerMatcher = matchAnswer,
): Promise<Buffer> {
  // A socket a query: the port is chosen anew each time (RFC 5452 section 9.2).
  const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4');
  let failure: TransportFailureKind = 'timeout';
  return new Promise<Buffer>((resolve, reject) => {
    const timer = setTimeout(() => reject(new TransportFailure(failure)), milliseconds);
    const fail = (error: unknown): void => reject(new TransportFailure('network', error));
    socket.on('error', fail);
    socket.on('message', (message) => {
      const match = matches(query, message);
      if (match === 'answer') resolve(message);
      else if (match === 'letter-case-changed') failure = 'letter-case';
    });
    socket.on('close', () => clearTimeout(timer));
    // Connected: the kernel drops what comes from elsewhere, and reports what is refused.
    // The callback gets the error of a connect that failed at once (no route), although its type does not say so.
    socket.connect(server.port, server.address, (error?: Error) => {
      if (error) {
        fail(error);
        return;
      }
      socket.send(query.message, (sendError) => {
        if (sendError) fail(sendError);
      });
    });
  }).finally(() => socket.close());
}

/** One query over a connection of its own; what comes behind the first message is not read. */
export function exchangeTcp(
  server: DnsAddress,
  query: DnsQuery,
  milliseconds: number,
  matches: AnswerMatcher = matchAnswer,
): Promise<Buffer> {
  const socket = connect({ host: server.address, port: server.port, noDelay: true });
  return new Promise<Buffer>((resolve, reject) => {
    const timer = setTimeout(() => reject(new TransportFailure('timeout')), milliseconds);
    let received = Buffer.alloc(0);
    socket.on('error', (error) => reject(new TransportFailure('network', error)));
    socket.on('end', () => reject(new TransportFailure('network')));
    socket.on('close', () => clearTimeout(timer));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2) return;
      const message = received.subarray(2, 2 + received.readUInt16BE(0));
      if (message.length < received.readUInt16BE(0)) return;
      const match = matches(query, message);
      if (match === 'answer') resolve(message);
      else reject(new TransportFailure(match === 'letter-case-changed' ? 'letter-case' : 'network'));
    });
    socket.on('connect', () => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(query.message.length);
      socket.write(Buffer.concat([length, query.message]));
    });
  }).finally(() => socket.destroy());
}
