/**
 * Items by rank, the smallest first, where ranks only grow: an item whose rank has grown since it was looked at last
 * is put in its new place when it comes to the top. Ranks are compared number by number.
 */
export class MinHeap<T> {
  readonly #items: T[];
  readonly #ranks: (readonly number[])[];
  readonly #rankOf: (item: T) => readonly number[];

  constructor(items: readonly T[], rankOf: (item: T) => readonly number[]) {
    this.#rankOf = rankOf;
    this.#items = [...items];
    this.#ranks = this.#items.map(rankOf);
    for (let i = (this.#items.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  peek(): T | undefined {
    while (this.#items.length > 0) {
      const rank = this.#rankOf(this.#items[0]!);
      if (!isBefore(this.#ranks[0]!, rank)) return this.#items[0];
      this.#ranks[0] = rank;
      this.#sink(0);
    }
    return undefined;
  }

  pop(): void {
    const item = this.#items.pop();
    const rank = this.#ranks.pop();
    if (this.#items.length === 0 || item === undefined || rank === undefined) return;
    this.#items[0] = item;
    this.#ranks[0] = rank;
    this.#sink(0);
  }

  #sink(start: number): void {
    const items = this.#items;
    const ranks = this.#ranks;
    let index = start;
    for (;;) {
      let smallest = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < items.length && isBefore(ranks[child]!, ranks[smallest]!)) smallest = child;
      }
      if (smallest === index) return;
      [items[index], items[smallest]] = [items[smallest]!, items[index]!];
      [ranks[index], ranks[smallest]] = [ranks[smallest]!, ranks[index]!];
      index = smallest;
    }
  }
}

/** Of two ranks of equal length: does `a` go before `b`? */
export function isBefore(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return a[i]! < b[i]!;
  }
  return false;
}
