/** What the choice of the next orders looks at. */
export interface OrderCandidate {
  readonly id: string;
  readonly queuedAt: Date;
  readonly nextAttemptAt: Date;
  /** An order at the CA exists: its slot there is spent already. */
  readonly started: boolean;
}

/**
 * The next `count` orders: those that are due, first what the CA has an order of already (it costs nothing more, and
 * expires), then the oldest. Stable: equal ones keep the order they came in.
 */
export function selectOrders<Candidate extends OrderCandidate>(
  candidates: readonly Candidate[],
  now: Date,
  count: number,
): Candidate[] {
  return candidates
    .filter(({ nextAttemptAt }) => nextAttemptAt <= now)
    .toSorted((a, b) => Number(b.started) - Number(a.started) || a.queuedAt.getTime() - b.queuedAt.getTime())
    .slice(0, Math.max(0, count));
}
