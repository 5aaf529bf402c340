const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `in 12 d`, `3 h ago`, `now`, for a table; times are ISO 8601. */
export function describeTime(time: string | null | undefined, now: Date): string {
  if (!time) return '–';
  const distance = Date.parse(time) - now.getTime();
  if (Number.isNaN(distance)) return '?';
  const size = Math.abs(distance);
  if (size < MINUTE) return 'now';
  const words =
    size < HOUR
      ? `${Math.floor(size / MINUTE)} min`
      : size < 2 * DAY
        ? `${Math.floor(size / HOUR)} h`
        : `${Math.floor(size / DAY)} d`;
  return distance > 0 ? `in ${words}` : `${words} ago`;
}
