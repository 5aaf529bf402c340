const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** A length of time as people say it, one unit, rounded down: `3 days`, `59 minutes`, `less than a minute`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  for (const [name, length] of UNITS) {
    const count = Math.floor(seconds / length);
    // Days from two on: the last one is better told in hours.
    if (count >= (name === 'day' ? 2 : 1)) return `${count} ${name}${count === 1 ? '' : 's'}`;
  }
  return 'less than a minute';
}

/** How far `time` is from `now`: `in 3 days`, `5 hours ago`, `now` within a few seconds. */
export function relativeTime(time: Date, now: Date): string {
  const difference = time.getTime() - now.getTime();
  if (Math.abs(difference) < 5_000) return 'now';
  const text = durationText(Math.abs(difference));
  return difference > 0 ? `in ${text}` : `${text} ago`;
}

/** A sentence with its times (ISO 8601, UTC) as people read them: `2026-11-20 22:48 UTC`. */
export function withReadableTimes(sentence: string): string {
  return sentence.replaceAll(/(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z/g, '$1 $2 UTC');
}
