import { randomBytes } from 'node:crypto';

import type { ListenAddress } from '../../platform/config/app-config.js';
import { anySpelling, dnsQuery, type DnsQuery, type DnsQueryOptions } from '../wire/dns-query.js';
import { exchangeTcp, exchangeUdp, TransportFailure } from '../wire/dns-transport.js';
import { WireFormatError } from '../wire/rr-reader-error.js';
import type { Observation, Silence } from './domain/observation.js';
import { observe } from './observe.js';

export interface ProbeQuestion extends DnsQueryOptions {
  /** In presentation format, without the final dot. */
  readonly name: string;
  readonly type: number;
  /** `udp-then-tcp`: again over TCP when the answer is truncated. */
  readonly transport?: 'udp' | 'tcp' | 'udp-then-tcp';
}

/** Datagrams get lost: each try over UDP waits for this part of the whole time. */
const UDP_TRIES = 3;
const NO_ROUTE = ['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'];
const EXPLANATIONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the port is closed (connection refused)',
  EHOSTUNREACH: 'the host cannot be reached',
  ECONNRESET: 'the connection was reset',
};

/** Asks name servers over real sockets, in random letter case, and tells what came back whatever it was. */
export class DnsProbe {
  /** @param timeoutMilliseconds for one question over one transport, all tries together */
  constructor(private readonly timeoutMilliseconds: number) {}

  async ask(server: ListenAddress, question: ProbeQuestion): Promise<Observation> {
    const { name, type, transport = 'udp-then-tcp', ...options } = question;
    if (transport === 'tcp') return this.#overTcp(server, dnsQuery(name, type, randomBytes, options));
    const answer = await this.#overUdp(server, () => dnsQuery(name, type, randomBytes, options));
    if (transport === 'udp' || answer.kind === 'silence' || !answer.tc) return answer;
    const whole = await this.#overTcp(server, dnsQuery(name, type, randomBytes, options));
    return whole.kind === 'answer' ? whole : answer;
  }

  async #overUdp(server: ListenAddress, makeQuery: () => DnsQuery): Promise<Observation> {
    let failure: unknown;
    for (let tries = 0; tries < UDP_TRIES; tries += 1) {
      const query = makeQuery();
      try {
        const wait = this.timeoutMilliseconds / UDP_TRIES;
        return observe(query, await exchangeUdp(server, query, wait, anySpelling));
      } catch (error) {
        failure = error;
        if (error instanceof WireFormatError) break;
      }
    }
    return this.#silence(server, failure);
  }

  async #overTcp(server: ListenAddress, query: DnsQuery): Promise<Observation> {
    try {
      return observe(query, await exchangeTcp(server, query, this.timeoutMilliseconds, anySpelling));
    } catch (error) {
      return this.#silence(server, error);
    }
  }

  #silence(server: ListenAddress, error: unknown): Silence {
    if (error instanceof WireFormatError) {
      return { kind: 'silence', reason: `the answer cannot be read: ${error.message}`, isOurs: false };
    }
    if (!(error instanceof TransportFailure)) throw error;
    if (error.kind === 'timeout') {
      const seconds = this.timeoutMilliseconds / 1000;
      return { kind: 'silence', reason: `nothing came back within ${seconds} s`, isOurs: false };
    }
    const code = (error.cause as NodeJS.ErrnoException | undefined)?.code ?? '';
    if (NO_ROUTE.includes(code)) {
      const family = server.address.includes(':') ? 'IPv6' : 'IPv4';
      return { kind: 'silence', reason: `this machine has no way to ${family} addresses (${code})`, isOurs: true };
    }
    return {
      kind: 'silence',
      reason: EXPLANATIONS[code] ?? (code === '' ? 'the connection was closed without an answer' : code),
      isOurs: false,
    };
  }
}
