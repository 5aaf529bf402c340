/**
 * Durations and times as Go prints them. Clients and operators have grown to parse Boulder's rate limit messages
 * (`in the last 168h0m0s, retry after 2026-08-15 19:14:33 UTC`), so the form is part of the interface.
 */
export function goDuration(milliseconds: number): string {
  if (milliseconds < 1000) return milliseconds <= 0 ? '0s' : `${trim(milliseconds)}ms`;
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor((milliseconds % 3_600_000) / 60_000);
  const seconds = trim((milliseconds % 60_000) / 1000);
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

/** `2026-08-15 19:14:33 UTC`. */
export function goTimestamp(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function trim(value: number): string {
  return String(Number(value.toFixed(3)));
}
