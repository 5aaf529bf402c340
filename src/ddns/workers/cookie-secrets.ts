import { randomBytes } from 'node:crypto';

import { SECRET_PERIOD_SECONDS } from '../rate-limit/rolling-cookies.js';
import type { WorkerSettings } from './worker-messages.js';

/** Periods of a month that a worker knows beforehand: no process lives that long. */
const PERIODS = 125;

type CookieSecrets = WorkerSettings['cookieSecrets'];

/** The secrets from the period before `nowSeconds` (Unix time) on: a worker has no key to derive them from. */
export function cookieSecrets(secretOf: (period: number) => Uint8Array, nowSeconds: number): CookieSecrets {
  const first = Math.floor(nowSeconds / SECRET_PERIOD_SECONDS) - 1;
  return { first, secrets: Array.from({ length: PERIODS }, (_, index) => secretOf(first + index)) };
}

/** For a period that nobody foresaw (the clock was set), one that is not shared: its cookies are not valid elsewhere. */
export function cookieSecretOf({ first, secrets }: CookieSecrets): (period: number) => Uint8Array {
  const own = randomBytes(16);
  return (period) => secrets[period - first] ?? own;
}
