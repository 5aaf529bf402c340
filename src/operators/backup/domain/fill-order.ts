/** A foreign key: rows of `table` refer to rows of `target`. */
export interface Reference {
  readonly table: string;
  readonly target: string;
}

/**
 * The tables in an order in which they can be filled: each after those that its rows refer to; else by name, so that
 * two backups of the same schema have the same order.
 * @throws Error for a circle of references, which no order can fill
 */
export function fillOrder(tables: readonly string[], references: readonly Reference[]): string[] {
  const order: string[] = [];
  const rest = new Set(tables.toSorted());
  while (rest.size > 0) {
    const ready = [...rest].filter((table) =>
      references.every((reference) => reference.table !== table || !rest.has(reference.target)),
    );
    if (ready.length === 0) throw new Error(`These tables refer to each other in a circle: ${[...rest].join(', ')}`);
    for (const table of ready) rest.delete(table);
    order.push(...ready);
  }
  return order;
}
