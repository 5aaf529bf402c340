import type { MessageSource, Transport } from '../listeners/message-hook.js';
import { ADMIT, DROP, type QueryGate, SLIP } from '../listeners/query-gate.js';
import { type CookieVerdict, FULL_COOKIE_OCTETS } from '../wire/cookie.js';
import { RCODE } from '../wire/message-codes.js';
import type { Query } from '../wire/query.js';
import { ClientAddress } from './client-address.js';
import type { ResponseRateLimiter } from './response-rate-limiter.js';
import type { RollingCookies } from './rolling-cookies.js';

export interface GateParts {
  readonly cookies: RollingCookies;
  /** Absent: no limit (FLEETCERT_DNS_RRL=off). */
  readonly limiter?: ResponseRateLimiter;
  /**
   * When a client that sends cookies over UDP is told to come back with a valid one (BADCOOKIE, RFC 7873 section 5.2.3):
   * never; instead of the truncated answer when it is over the limit; or always, while an attack is going on.
   */
  readonly badCookie: 'never' | 'over-limit' | 'always';
  /** Limit loopback clients too. Otherwise they are let through: no answer to them can be aimed at anybody else. */
  readonly limitsLoopback?: boolean;
  /** Milliseconds of a clock that does not go back. */
  readonly monotonicNow: () => number;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

const NO_COOKIE = Buffer.alloc(0);

/**
 * Response rate limiting and DNS cookies in front of the answers. A client with a valid cookie really has its address,
 * and so has one that speaks TCP: neither is limited, because answers to them cannot be aimed at somebody else.
 */
export class ProtectiveGate implements QueryGate {
  cookie: Buffer = NO_COOKIE;
  readonly #client = new ClientAddress();
  readonly #cookie = Buffer.alloc(FULL_COOKIE_OCTETS);

  constructor(private readonly parts: GateParts) {}

  admit(query: Query, source: MessageSource, transport: Transport): number {
    this.cookie = NO_COOKIE;
    const isUdp = transport === 'udp';
    const hasCookie = query.cookieOffset > 0;
    const { limiter } = this.parts;
    if (!hasCookie && (!isUdp || !limiter)) return ADMIT;

    const client = this.#client.read(source.address);
    let refusal = ADMIT;
    if (hasCookie) {
      const verdict = this.#checkCookie(query);
      if (verdict === 'valid') return ADMIT;
      if (verdict === 'malformed') refusal = RCODE.FORMERR;
      else if (this.parts.badCookie === 'always') refusal = RCODE.BADCOOKIE;
    }
    if (!isUdp) return refusal === RCODE.FORMERR ? refusal : ADMIT;
    if (!limiter || (client.isLoopback && !this.parts.limitsLoopback)) return refusal;
    switch (limiter.spend(client, this.parts.monotonicNow())) {
      case 'answer':
        return refusal;
      case 'slip':
        return this.cookie === NO_COOKIE || this.parts.badCookie === 'never' ? SLIP : RCODE.BADCOOKIE;
      default:
        return DROP;
    }
  }

  /** Judges the query's cookie and, unless it is malformed, makes the one for the answer. */
  #checkCookie(query: Query): CookieVerdict {
    const { message, cookieOffset, cookieOctets } = query;
    const seconds = Math.floor(this.parts.now() / 1000);
    const cookies = this.parts.cookies.at(seconds);
    const verdict = cookies.check(message, cookieOffset, cookieOctets, this.#client, seconds);
    if (verdict === 'malformed') return verdict;
    cookies.write(this.#cookie, 0, message, cookieOffset, this.#client, seconds);
    this.cookie = this.#cookie;
    return verdict;
  }
}
