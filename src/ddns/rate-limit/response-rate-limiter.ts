import type { ClientAddress } from './client-address.js';

/** What to do with a query over UDP: answer it, answer it truncated and empty (TC), or stay silent. */
export type RateDecision = 'answer' | 'slip' | 'drop';

export interface ResponseRateLimits {
  /** Sustained answers a second for one client prefix (/24 of IPv4, /56 of IPv6). */
  readonly responsesPerSecond: number;
  /** How many may come at once after a pause, in seconds' worth of answers. */
  readonly burstSeconds: number;
  /** Of the answers over the limit, one in so many is sent truncated, so that a real client comes back over TCP. */
  readonly slip: number;
  /** How many prefixes are remembered, a power of two; 25 octets each. */
  readonly slots: number;
}

/**
 * Wide enough for a CA: 25 questions an order, some five of which come from one prefix, and tens of orders at once. What
 * an attacker can point at one prefix stays below a megabit a second.
 */
export const DEFAULT_RATE_LIMITS: ResponseRateLimits = {
  responsesPerSecond: 500,
  burstSeconds: 5,
  slip: 2,
  slots: 1 << 16,
};

const WAYS = 4;

/**
 * Response rate limiting against reflection: one GCRA bucket a client prefix, in a table of fixed size (four ways a
 * set; the one idle longest makes room). A flood from invented prefixes can at most make it forget, never grow.
 *
 * The arithmetic is that of kernel/gcra.ts, in place and without an object for each query.
 */
export class ResponseRateLimiter {
  readonly #intervalMilliseconds: number;
  readonly #burstMilliseconds: number;
  readonly #slip: number;
  readonly #setMask: number;
  readonly #seed: number;
  readonly #keysHigh: Uint32Array;
  readonly #keysLow: Uint32Array;
  readonly #tats: Float64Array;
  readonly #limited: Uint8Array;

  /** @param seed 32 random bits, so that nobody can aim at another prefix's set. */
  constructor(limits: ResponseRateLimits, seed: number) {
    const { slots } = limits;
    if (slots < WAYS || (slots & (slots - 1)) !== 0) throw new Error('The number of slots must be a power of two.');
    this.#intervalMilliseconds = 1000 / limits.responsesPerSecond;
    this.#burstMilliseconds = Math.max(limits.burstSeconds * 1000, this.#intervalMilliseconds);
    this.#slip = limits.slip;
    this.#setMask = slots / WAYS - 1;
    this.#seed = seed | 0;
    this.#keysHigh = new Uint32Array(slots);
    this.#keysLow = new Uint32Array(slots);
    this.#tats = new Float64Array(slots);
    this.#limited = new Uint8Array(slots);
  }

  /**
   * Spends one answer to `client`, or says that there is none left.
   * @param now milliseconds of any clock that does not go back.
   */
  spend(client: ClientAddress, now: number): RateDecision {
    const { octets } = client;
    const high =
      ((octets[0]! << 24) | (octets[1]! << 16) | (octets[2]! << 8) | (client.length === 16 ? octets[3]! : 0)) >>> 0;
    // The family is part of the key, so that no key is zero: zero marks an empty slot.
    const low = client.length === 16 ? ((octets[4]! << 24) | (octets[5]! << 16) | (octets[6]! << 8) | 6) >>> 0 : 4;
    const slot = this.#slotOf(high, low, now);

    const spent = Math.max(this.#tats[slot]!, now) + this.#intervalMilliseconds;
    // A thousandth of a millisecond: sums of fractional intervals must not cost the burst's last answer.
    if (spent - this.#burstMilliseconds <= now + 1e-3) {
      this.#tats[slot] = spent;
      return 'answer';
    }
    if (this.#slip === 0) return 'drop';
    const limited = this.#limited[slot]! + 1;
    if (limited < this.#slip) {
      this.#limited[slot] = limited;
      return 'drop';
    }
    this.#limited[slot] = 0;
    return 'slip';
  }

  #slotOf(high: number, low: number, now: number): number {
    const first = this.#setOf(high, low) * WAYS;
    let idlest = first;
    for (let slot = first; slot < first + WAYS; slot += 1) {
      if (this.#keysHigh[slot] === high && this.#keysLow[slot] === low) return slot;
      if (this.#tats[slot]! < this.#tats[idlest]!) idlest = slot;
    }
    this.#keysHigh[idlest] = high;
    this.#keysLow[idlest] = low;
    this.#tats[idlest] = now;
    this.#limited[idlest] = 0;
    return idlest;
  }

  #setOf(high: number, low: number): number {
    let hash = Math.imul(high ^ this.#seed, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ low, 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 13) ^ this.#seed, 0x27d4eb2f);
    return (hash ^ (hash >>> 16)) & this.#setMask;
  }
}
