import { createHash } from 'node:crypto';

const DAY_MILLISECONDS = 86_400_000;
const SHORT_LIFETIME_MILLISECONDS = 10 * DAY_MILLISECONDS;

/** Where in its lifetime a certificate is renewed on average, when the CA does not say: Let's Encrypt's own advice. */
const USUAL_SHARE = 2 / 3;
const SHORT_LIVED_SHARE = 1 / 2;
/**
 * How wide devices spread around that, as a share of the lifetime: 15 days of 90, 27 hours of 160. The last one renews
 * with a quarter of its lifetime left.
 */
const WINDOW_SHARE = 1 / 6;

export interface RenewalInput {
  readonly deviceId: string;
  readonly notBefore: Date;
  /** After `notBefore`. */
  readonly notAfter: Date;
}

/**
 * When a device's certificate is to be renewed where the CA has no ARI: around 2/3 of its lifetime (1/2 when that is
 * below 10 days), always at the same place of the window for the same device. Each device's cycle has a length of its
 * own, so that a fleet onboarded in one day spreads, and spreads further with every renewal. Always in
 * [notBefore, notAfter).
 */
export function renewalTime({ deviceId, notBefore, notAfter }: RenewalInput): Date {
  const lifetime = notAfter.getTime() - notBefore.getTime();
  const middle = lifetime < SHORT_LIFETIME_MILLISECONDS ? SHORT_LIVED_SHARE : USUAL_SHARE;
  const share = middle + (placeOf(deviceId) - 0.5) * WINDOW_SHARE;
  return new Date(notBefore.getTime() + Math.floor(lifetime * share));
}

/** Uniform in [0, 1), by the device alone. */
function placeOf(deviceId: string): number {
  return createHash('sha256').update(deviceId).digest().readUIntBE(0, 6) / 2 ** 48;
}
