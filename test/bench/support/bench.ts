/** One benchmark: what it measures, and a run that returns its table. */
export interface Bench {
  readonly name: string;
  readonly title: string;
  run(): Promise<BenchTable>;
}

/** Cells are ready to print; the first column names the case. */
export interface BenchTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly note?: string;
}

/** The middle value: one slow run on a shared machine does not move it. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value below which `share` (0 to 1) of the values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

export function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A Markdown table, as it stands in docs/benchmarks.md. */
export function markdown(table: BenchTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const head = [line(table.columns), line(table.columns.map((_column, index) => (index === 0 ? '---' : '---:')))];
  return [...head, ...table.rows.map(line), ...(table.note ? ['', table.note] : [])].join('\n');
}
