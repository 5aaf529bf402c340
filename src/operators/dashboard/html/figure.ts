/** A count as people read it: `10,001`. The live script writes it the same way. */
export function figure(count: number): string {
  return count.toLocaleString('en');
}
