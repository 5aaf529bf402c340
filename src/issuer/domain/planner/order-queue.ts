import type { WaitingOrder } from './waiting-order.js';

/**
 * Orders sorted by a number that each has for good, equal ones in the order of their coming. Adding at the end and
 * removing at the head are cheap, which is what nearly always happens; anything else moves the shorter side of the array.
 */
export class OrderQueue {
  #orders: (WaitingOrder | undefined)[] = [];
  #head = 0;
  #lastKey = -Infinity;
  #isSorted = true;

  constructor(private readonly keyOf: (order: WaitingOrder) => number) {}

  get length(): number {
    return this.#orders.length - this.#head;
  }

  /** The order at a place, 0 the first. */
  at(place: number): WaitingOrder | undefined {
    return this.#orders[this.#head + place];
  }

  add(order: WaitingOrder): void {
    const key = this.keyOf(order);
    const last = this.#orders.length - 1;
    if (last < this.#head || this.#keyAt(last) <= key) {
      this.#orders.push(order);
      return;
    }
    const index = this.#upperBound(key);
    if (this.#head > 0 && index - this.#head < this.#orders.length - index) {
      this.#head -= 1;
      this.#orders.copyWithin(this.#head, this.#head + 1, index);
      this.#orders[index - 1] = order;
      return;
    }
    this.#orders.splice(index, 0, order);
  }

  /** Adds to an empty queue without keeping the order: for many at once, `sort` to be called after them. */
  append(order: WaitingOrder): void {
    const key = this.keyOf(order);
    if (key < this.#lastKey) this.#isSorted = false;
    else this.#lastKey = key;
    this.#orders.push(order);
  }

  sort(): void {
    if (this.#isSorted) return;
    const orders = this.#orders.slice(this.#head);
    const keys = Float64Array.from(orders, (order) => this.keyOf(order!));
    this.#orders = sortedIndexes(keys).map((index) => orders[index]);
    this.#head = 0;
    this.#isSorted = true;
  }

  /** At which place the order of this id and key is; -1 when it is not here. */
  placeOf(id: string, key: number): number {
    const end = this.#orders.length;
    let index = this.#lowerBound(key);
    while (index < end && this.#keyAt(index) === key && this.#orders[index]!.id !== id) index += 1;
    return index < end && this.#keyAt(index) === key ? index - this.#head : -1;
  }

  /** Removes the order of this id and key; false when it is not here. */
  remove(id: string, key: number): boolean {
    const place = this.placeOf(id, key);
    if (place < 0) return false;
    const index = this.#head + place;
    if (place <= this.#orders.length - index) {
      this.#orders.copyWithin(this.#head + 1, this.#head, index);
      this.#orders[this.#head] = undefined;
      this.#head += 1;
      this.#compact();
      return true;
    }
    this.#orders.splice(index, 1);
    return true;
  }

  #keyAt(index: number): number {
    return this.keyOf(this.#orders[index]!);
  }

  #compact(): void {
    if (this.#head < 1024 || this.#head * 2 < this.#orders.length) return;
    this.#orders = this.#orders.slice(this.#head);
    this.#head = 0;
  }

  #lowerBound(key: number): number {
    let low = this.#head;
    let high = this.#orders.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keyAt(middle) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #upperBound(key: number): number {
    let low = this.#head;
    let high = this.#orders.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keyAt(middle) <= key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The indexes by their key. Times in whole milliseconds take the quick way: one sort of plain numbers. */
function sortedIndexes(keys: Float64Array): number[] {
  const { length } = keys;
  let least = Infinity;
  let most = -Infinity;
  let whole = true;
  for (const key of keys) {
    if (key < least) least = key;
    if (key > most) most = key;
    whole &&= Number.isInteger(key);
  }
  if (!whole || (most - least + 1) * length > Number.MAX_SAFE_INTEGER) {
    const indexes = Array.from({ length }, (_, i) => i);
    return indexes.toSorted((a, b) => keys[a]! - keys[b]! || a - b);
  }
  const packed = new Float64Array(length);
  for (let i = 0; i < length; i++) packed[i] = (keys[i]! - least) * length + i;
  return Array.from(packed.toSorted(), (value) => value % length);
}
