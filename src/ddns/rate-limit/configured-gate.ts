import { randomInt } from 'node:crypto';

import { ProtectiveGate } from './protective-gate.js';
import { DEFAULT_RATE_LIMITS, ResponseRateLimiter } from './response-rate-limiter.js';
import { RollingCookies } from './rolling-cookies.js';

export const COOKIE_SECRET_OCTETS = 16;

export interface GateSettings {
  /** Of this process and for one client prefix; absent: no limit. */
  readonly responsesPerSecond?: number;
  readonly limitsLoopback: boolean;
  /** The cookies' secret for a period, COOKIE_SECRET_OCTETS long. */
  readonly secretOf: (period: number) => Uint8Array;
}

/** The gate before every answer of a process, as it is configured. */
export function protectiveGate({ responsesPerSecond, limitsLoopback, secretOf }: GateSettings): ProtectiveGate {
  return new ProtectiveGate({
    cookies: new RollingCookies(secretOf),
    ...(responsesPerSecond !== undefined && {
      limiter: new ResponseRateLimiter({ ...DEFAULT_RATE_LIMITS, responsesPerSecond }, randomInt(2 ** 32)),
    }),
    badCookie: 'over-limit',
    limitsLoopback,
    monotonicNow: () => performance.now(),
    // Asked for each query with a cookie: a Clock's Date would be garbage.
    now: () => Date.now(),
  });
}
