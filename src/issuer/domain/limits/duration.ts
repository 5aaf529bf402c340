const UNITS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/** Seconds of `36s`, `202m`, `3h`, `45d`, `1w`; undefined when the text is none of these, or not above zero. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(text.trim());
  if (!match) return undefined;
  const seconds = Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
  return seconds > 0 && Number.isFinite(seconds) ? seconds : undefined;
}

/** Seconds for people: two units at most, `3 h`, `7 d`, `3 h 22 min`, `1 y 40 d`. */
export function describeDuration(seconds: number): string {
  const steps: readonly (readonly [string, number])[] = [
    ['y', 365 * 86_400],
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ];
  let rest = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [unit, size] of steps) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count} ${unit}`);
    rest -= count * size;
    if (parts.length === 2 || (parts.length === 1 && count === 0)) break;
  }
  return parts.join(' ') || '0 s';
}
