import { expect, it } from 'vitest';

import { SECRET_PERIOD_SECONDS } from '../rate-limit/rolling-cookies.js';
import { cookieSecretOf, cookieSecrets } from './cookie-secrets.js';

const derived = (period: number): Buffer => Buffer.alloc(16, period);

it('gives a worker the same secrets as the main process derives, from the last period on', () => {
  const secretOf = cookieSecretOf(cookieSecrets(derived, 700.5 * SECRET_PERIOD_SECONDS));
  for (const period of [699, 700, 701, 820]) expect(secretOf(period)).toEqual(derived(period));
});

it('has an unguessable secret for a period that nobody foresaw', () => {
  const given = cookieSecrets(derived, 700.5 * SECRET_PERIOD_SECONDS);
  expect(cookieSecretOf(given)(10)).toHaveLength(16);
  expect(cookieSecretOf(given)(10)).not.toEqual(cookieSecretOf(given)(10));
});
