const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** So many of the values, evenly picked: each the largest of its stretch. */
export function resample(values: readonly number[], width: number): readonly number[] {
  if (values.length <= width) return values;
  return Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column * values.length) / width);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / width));
    return Math.max(...values.slice(from, to));
  });
}

/** Values as columns of blocks, `height` lines high, the top line first; `most` fills a column. */
export function columns(values: readonly number[], height: number, most: number): readonly string[] {
  return Array.from({ length: height }, (_, line) => {
    const below = height - 1 - line;
    return values
      .map((value) => {
        const eighths = most > 0 ? Math.round((value / most) * height * 8) - below * 8 : 0;
        // What is not nothing is to be seen.
        const least = value > 0 && below === 0 ? 1 : 0;
        return EIGHTHS[Math.min(8, Math.max(least, eighths))];
      })
      .join('');
  });
}

/** Rows with the columns aligned: the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((most, row) => {
    row.forEach((cell, i) => (most[i] = Math.max(most[i] ?? 0, cell.length)));
    return most;
  }, []);
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}
