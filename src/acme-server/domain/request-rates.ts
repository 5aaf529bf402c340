import { gcraSpend } from '../../kernel/gcra.js';

/** The endpoints whose requests are counted apart (field notes, section 1, last row). */
export type RateClass = 'directory' | 'newNonce' | 'newOrder' | 'renewalInfo' | 'other';

/** Requests a second of one address, and how many may come at once. */
export interface RequestRate {
  readonly perSecond: number;
  readonly burst: number;
}

export type RequestRates = Readonly<Record<RateClass, RequestRate | 'off'>>;

export const LETS_ENCRYPT_REQUEST_RATES = {
  directory: { perSecond: 40, burst: 40 },
  newNonce: { perSecond: 20, burst: 10 },
  newOrder: { perSecond: 300, burst: 200 },
  renewalInfo: { perSecond: 1000, burst: 100 },
  other: { perSecond: 250, burst: 125 },
} as const satisfies Record<RateClass, RequestRate>;

export interface RateDecision {
  readonly allowed: boolean;
  readonly tat: number;
  readonly retryAfterSeconds: number;
}

/** May one more request pass at `nowMilliseconds`? */
export function spendRequest(rate: RequestRate, tat: number | undefined, nowMilliseconds: number): RateDecision {
  const limit = { burst: rate.burst, intervalMilliseconds: 1000 / rate.perSecond };
  const decision = gcraSpend(limit, tat, nowMilliseconds);
  return {
    allowed: decision.allowed,
    tat: decision.tat,
    retryAfterSeconds: Math.max(1, Math.ceil(decision.retryAfterMilliseconds / 1000)),
  };
}
