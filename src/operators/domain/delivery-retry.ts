/** So many tries, over about a day and a half, before a delivery is given up. */
export const MOST_ATTEMPTS = 12;

const FIRST_SECONDS = 10;
const LONGEST_SECONDS = 6 * 3600;

/**
 * When a delivery that has failed `attempts` times is tried again: seconds from now, growing threefold to six hours;
 * undefined when it is given up.
 * @param random from 0 to 1, so that what failed together does not come back together
 */
export function retrySeconds(attempts: number, random: number): number | undefined {
  if (attempts >= MOST_ATTEMPTS) return undefined;
  const pause = Math.min(FIRST_SECONDS * 3 ** (attempts - 1), LONGEST_SECONDS);
  return pause * (1 + random / 4);
}
