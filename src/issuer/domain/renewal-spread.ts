const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Below so long a lifetime a certificate is renewed at its half, above at two thirds: Let's Encrypt's own advice. */
const SHORT_LIFETIME = 10 * DAY;

/** A cycle is never cut shorter than to this part of itself. */
const SHORTEST_CYCLE = 1 / 2;

/** How long after its start a certificate of this lifetime is renewed at the latest; milliseconds. */
export function renewalCycle(lifetimeMilliseconds: number): number {
  return (lifetimeMilliseconds < SHORT_LIFETIME ? 1 / 2 : 2 / 3) * lifetimeMilliseconds;
}

/**
 * When to renew where the CA has no ARI, so that a fleet onboarded in one day, or renewed in one night after a
 * revocation, does not come back in one burst for ever: every device has a `phase` of its own, uniform in [0, 1) and
 * kept for its life, and renews at that point of a grid which is the same for all. A certificate that starts off the
 * grid (a new device's, a late one's) is renewed early once or twice, never before half its cycle, until it is on it;
 * from then on it is renewed at the full cycle, and the fleet's load is even.
 *
 * Times are milliseconds since the epoch; the result lies between half and all of the cycle after `notBefore`.
 */
export function spreadRenewalTime(notBefore: number, notAfter: number, phase: number): number {
  const cycle = renewalCycle(notAfter - notBefore);
  // The grid has to be the same for certificates whose lifetimes differ by a second.
  const step = cycle < DAY ? cycle : Math.round(cycle / HOUR) * HOUR;
  const past = (((notBefore - phase * step) % step) + step) % step;
  const untilGrid = step - past;
  const shortest = SHORTEST_CYCLE * step;
  const wait = untilGrid >= shortest ? untilGrid : untilGrid + shortest;
  return notBefore + Math.min(wait, cycle);
}
