import { randomBytes } from 'node:crypto';

import { Packet } from 'dns2';

import type { ListenAddress } from '../../platform/config/app-config.js';
import { anySpelling, dnsQuery, isTruncated } from './dns-query.js';
import { exchangeTcp, exchangeUdp, TransportFailure } from './dns-transport.js';

/** No answer, or none that can be read. The message says which. */
export class DnsClientError extends Error {
  override readonly name = 'DnsClientError';
}

export interface DnsQuestion {
  /** In presentation format. */
  readonly name: string;
  readonly type: number;
}

/**
 * Asks one server, by UDP and, when the answer is truncated, by TCP. dns2 reads the answer.
 * @throws DnsClientError after `timeoutMilliseconds` for each of the two, or on an answer that cannot be read.
 */
export async function askServer(
  server: ListenAddress,
  { name, type }: DnsQuestion,
  timeoutMilliseconds: number,
): Promise<Packet> {
  const query = dnsQuery(name, type, randomBytes);
  let transport = 'UDP';
  try {
    const answer = await exchangeUdp(server, query, timeoutMilliseconds, anySpelling);
    if (!isTruncated(answer)) return parseAnswer(answer);
    transport = 'TCP';
    return parseAnswer(await exchangeTcp(server, query, timeoutMilliseconds, anySpelling));
  } catch (error) {
    if (!(error instanceof TransportFailure)) throw error;
    const why = error.cause instanceof Error ? `: ${error.cause.message}` : '';
    throw new DnsClientError(`no answer by ${transport}${why}`, { cause: error });
  }
}

function parseAnswer(message: Buffer): Packet {
  try {
    const packet = Packet.parse(message);
    if (packet.errors.length === 0) return packet;
  } catch (error) {
    throw new DnsClientError('the answer cannot be read', { cause: error });
  }
  throw new DnsClientError('the answer cannot be read');
}
