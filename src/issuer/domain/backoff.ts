const DELAYS_SECONDS = [60, 600, 6_000, 86_400] as const;

/** At most this share of the delay is added, so that a fleet that failed together does not come back together. */
const JITTER = 0.1;

/**
 * Seconds until the next try after `failures` failed ones in a row: 1 min, 10 min, 100 min, then daily, plus up to a
 * tenth. `random` is uniform in [0, 1).
 */
export function retryDelaySeconds(failures: number, random: number): number {
  const index = Math.min(Math.max(failures, 1), DELAYS_SECONDS.length) - 1;
  return Math.round(DELAYS_SECONDS[index]! * (1 + JITTER * random));
}

/**
 * After so many failures in a row at the CA a device is in quarantine: one try a day, so that it costs one failed
 * authorization a day where the CA allows 1,152 in a row before it pauses the name. A success, or nothing else, ends it.
 */
export function isQuarantined(failures: number): boolean {
  return failures >= DELAYS_SECONDS.length;
}
