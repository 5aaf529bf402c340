/** What the queue's page can be narrowed to. */
export interface QueueFilter {
  readonly status?: string;
  /** The sentence that the page shows. */
  readonly reason?: string;
  readonly group?: string;
  /** What was done just now. */
  readonly done?: string;
}

/** The queue's page with a filter. */
export function queueLink(filter: QueueFilter): string {
  const entries = Object.entries(filter).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return entries.length === 0 ? '/queue' : `/queue?${new URLSearchParams(entries).toString()}`;
}
