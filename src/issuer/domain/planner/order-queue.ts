import type { WaitingOrder } from './waiting-order.js';

/**
 * Orders sorted by a number, equal ones in the order of their coming. Adding at the end and removing at the head are
 * cheap, which is what nearly always happens; anything else moves the shorter side of the array.
 */
export class OrderQueue {
  #orders: (WaitingOrder | undefined)[] = [];
  #keys: number[] = [];
  #head = 0;

  get length(): number {
    return this.#orders.length - this.#head;
  }

  /** The order at a place, 0 the first. */
  at(place: number): WaitingOrder | undefined {
    return this.#orders[this.#head + place];
  }

  add(order: WaitingOrder, key: number): void {
    const last = this.#keys.length - 1;
    if (last < this.#head || this.#keys[last]! <= key) {
      this.#orders.push(order);
      this.#keys.push(key);
      return;
    }
    const index = this.#upperBound(key);
    if (this.#head > 0 && index - this.#head < this.#keys.length - index) {
      this.#head -= 1;
      this.#orders.copyWithin(this.#head, this.#head + 1, index);
      this.#keys.copyWithin(this.#head, this.#head + 1, index);
      this.#orders[index - 1] = order;
      this.#keys[index - 1] = key;
      return;
    }
    this.#orders.splice(index, 0, order);
    this.#keys.splice(index, 0, key);
  }

  /** Adds without keeping the order: for many at once, `sort` to be called after them. */
  append(order: WaitingOrder, key: number): void {
    this.#orders.push(order);
    this.#keys.push(key);
  }

  sort(): void {
    const keys = this.#keys;
    let sorted = true;
    for (let i = this.#head + 1; i < keys.length && sorted; i++) sorted = keys[i - 1]! <= keys[i]!;
    if (sorted) return;
    const order = sortedIndexes(keys, this.#head);
    this.#orders = order.map((index) => this.#orders[index]);
    this.#keys = order.map((index) => keys[index]!);
    this.#head = 0;
  }

  /** At which place the order is that was added with this key; -1 when it is not here. */
  placeOf(id: string, key: number): number {
    let index = this.#lowerBound(key);
    while (index < this.#keys.length && this.#keys[index] === key && this.#orders[index]!.id !== id) index += 1;
    return this.#keys[index] === key && this.#orders[index]?.id === id ? index - this.#head : -1;
  }

  /** Removes the order that was added with this key; false when it is not here. */
  remove(id: string, key: number): boolean {
    const place = this.placeOf(id, key);
    if (place < 0) return false;
    const index = this.#head + place;
    if (index - this.#head <= this.#keys.length - index) {
      this.#orders.copyWithin(this.#head + 1, this.#head, index);
      this.#keys.copyWithin(this.#head + 1, this.#head, index);
      this.#orders[this.#head] = undefined;
      this.#head += 1;
      this.#compact();
      return true;
    }
    this.#orders.splice(index, 1);
    this.#keys.splice(index, 1);
    return true;
  }

  #compact(): void {
    if (this.#head < 1024 || this.#head * 2 < this.#orders.length) return;
    this.#orders = this.#orders.slice(this.#head);
    this.#keys = this.#keys.slice(this.#head);
    this.#head = 0;
  }

  #lowerBound(key: number): number {
    let low = this.#head;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #upperBound(key: number): number {
    let low = this.#head;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]! <= key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The indexes from `start` on, by their key. Times in whole milliseconds take the quick way: one sort of plain numbers. */
function sortedIndexes(keys: readonly number[], start: number): number[] {
  const length = keys.length - start;
  let least = Infinity;
  let most = -Infinity;
  let whole = true;
  for (let i = start; i < keys.length; i++) {
    const key = keys[i]!;
    if (key < least) least = key;
    if (key > most) most = key;
    whole &&= Number.isInteger(key);
  }
  if (!whole || (most - least + 1) * length > Number.MAX_SAFE_INTEGER) {
    const indexes = Array.from({ length }, (_, i) => start + i);
    return indexes.toSorted((a, b) => keys[a]! - keys[b]! || a - b);
  }
  const packed = new Float64Array(length);
  for (let i = 0; i < length; i++) packed[i] = (keys[start + i]! - least) * length + i;
  return Array.from(packed.toSorted(), (value) => start + (value % length));
}
