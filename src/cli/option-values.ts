import { InvalidArgumentError } from 'commander';

const LONGEST_SECONDS = 86_400;
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;
const AGO = /^(\d{1,5})(h|d|w)$/;
const HOURS = { h: 1, d: 24, w: 168 } as const;

/** Seconds, which may be a fraction. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds > 0 && seconds <= LONGEST_SECONDS)) {
    throw new InvalidArgumentError(`Expected seconds, up to ${LONGEST_SECONDS}.`);
  }
  return seconds;
}

/** A count of one or more. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 1 on.');
  return Number(text);
}

/** A time or day in ISO 8601 (a day begins at midnight UTC). */
export function parseTime(text: string): string {
  const time = TIME.test(text) ? new Date(text) : undefined;
  if (!time || Number.isNaN(time.getTime())) {
    throw new InvalidArgumentError('Expected a time such as 2027-01-31T12:00:00Z, or a day such as 2027-01-31.');
  }
  return time.toISOString();
}

/** A time, or how long ago it was: `12h`, `30d`, `2w`. */
export function parsePastTime(text: string, now = new Date()): string {
  const [, amount, unit] = AGO.exec(text) ?? [];
  if (amount === undefined) return parseTime(text);
  return new Date(now.getTime() - Number(amount) * HOURS[unit as keyof typeof HOURS] * 3_600_000).toISOString();
}

/** For an option that may be repeated, or hold a list with commas, of these words. */
export function collect(text: string, before: readonly string[] | undefined, words: readonly string[]): string[] {
  const parts = text.split(',').map((part) => part.trim());
  if (!parts.every((part) => words.includes(part))) throw new InvalidArgumentError(`Allowed are ${words.join(', ')}.`);
  return [...(before ?? []), ...parts];
}
