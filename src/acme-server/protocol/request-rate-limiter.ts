import { spendRequest, type RateClass, type RequestRates } from '../domain/request-rates.js';

const MAX_ENTRIES = 50_000;

/**
 * Requests a second by address and kind of endpoint. Kept in this process only: at the real CA that is the load
 * balancer's business too. The table is bounded: when it is full, the entries that were used longest ago go.
 */
export class RequestRateLimiter {
  readonly #tats = new Map<string, number>();

  constructor(private readonly rates: RequestRates) {}

  /** Seconds to wait, or 0 when the request may pass. */
  spend(rateClass: RateClass, address: string, now: Date): number {
    const rate = this.rates[rateClass];
    if (rate === 'off') return 0;
    const key = `${rateClass} ${address}`;
    const decision = spendRequest(rate, this.#tats.get(key), now.getTime());
    if (!decision.allowed) return decision.retryAfterSeconds;
    // Deleting first moves the entry to the end: the map's order is that of use.
    this.#tats.delete(key);
    this.#tats.set(key, decision.tat);
    if (this.#tats.size > MAX_ENTRIES) this.#tats.delete(this.#tats.keys().next().value ?? key);
    return 0;
  }
}
