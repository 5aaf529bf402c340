import { ServerCookies } from '../wire/cookie.js';

/** RFC 7873 section 7.1: a secret is used for no longer than 36 days. */
export const SECRET_PERIOD_SECONDS = 30 * 24 * 3600;

/**
 * Server cookies whose secret changes every 30 days. The periods before and after are accepted too: cookies live on for
 * an hour, and another server's clock may be a little ahead (RFC 9018 section 5).
 */
export class RollingCookies {
  #period = NaN;
  #cookies: ServerCookies | undefined;

  /** @param secretOf 16 octets for a period, the same on every server. */
  constructor(private readonly secretOf: (period: number) => Uint8Array) {}

  /** @param nowSeconds Unix time in whole seconds. */
  at(nowSeconds: number): ServerCookies {
    const period = Math.floor(nowSeconds / SECRET_PERIOD_SECONDS);
    if (!this.#cookies || period !== this.#period) {
      this.#cookies = new ServerCookies([period, period - 1, period + 1].map((each) => this.secretOf(each)));
      this.#period = period;
    }
    return this.#cookies;
  }
}
