/** What is to happen when, by time; events of the same time in the order in which they were added. */
export class EventQueue {
  #times = new Float64Array(1024);
  #sequences = new Float64Array(1024);
  #kinds = new Uint8Array(1024);
  #subjects = new Int32Array(1024);
  #generations = new Int32Array(1024);
  #size = 0;
  #sequence = 0;

  get size(): number {
    return this.#size;
  }

  /** The time of the next event; Infinity when there is none. */
  get nextTime(): number {
    return this.#size > 0 ? this.#times[0]! : Infinity;
  }

  /** `subject` and `generation` are the caller's own: whom it concerns, and what it must still find to be valid. */
  add(time: number, kind: number, subject = 0, generation = 0): void {
    if (this.#size === this.#times.length) this.#grow();
    let index = this.#size++;
    const sequence = this.#sequence++;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#times[parent]! <= time) break;
      this.#move(parent, index);
      index = parent;
    }
    this.#set(index, time, sequence, kind, subject, generation);
  }

  /** Takes the next event off; to be called only when `size` is above 0. */
  take(): { readonly time: number; readonly kind: number; readonly subject: number; readonly generation: number } {
    const event = {
      time: this.#times[0]!,
      kind: this.#kinds[0]!,
      subject: this.#subjects[0]!,
      generation: this.#generations[0]!,
    };
    const last = --this.#size;
    const time = this.#times[last]!;
    const sequence = this.#sequences[last]!;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#isBefore(child + 1, this.#times[child]!, this.#sequences[child]!)) child += 1;
      if (!this.#isBefore(child, time, sequence)) break;
      this.#move(child, index);
      index = child;
    }
    if (last > 0) this.#move(last, index);
    return event;
  }

  #isBefore(index: number, time: number, sequence: number): boolean {
    const own = this.#times[index]!;
    return own < time || (own === time && this.#sequences[index]! < sequence);
  }

  #move(from: number, to: number): void {
    this.#set(
      to,
      this.#times[from]!,
      this.#sequences[from]!,
      this.#kinds[from]!,
      this.#subjects[from]!,
      this.#generations[from]!,
    );
  }

  #set(index: number, time: number, sequence: number, kind: number, subject: number, generation: number): void {
    this.#times[index] = time;
    this.#sequences[index] = sequence;
    this.#kinds[index] = kind;
    this.#subjects[index] = subject;
    this.#generations[index] = generation;
  }

  #grow(): void {
    const length = this.#times.length * 2;
    this.#times = grown(new Float64Array(length), this.#times);
    this.#sequences = grown(new Float64Array(length), this.#sequences);
    this.#kinds = grown(new Uint8Array(length), this.#kinds);
    this.#subjects = grown(new Int32Array(length), this.#subjects);
    this.#generations = grown(new Int32Array(length), this.#generations);
  }
}

function grown<T extends Float64Array | Uint8Array | Int32Array>(into: T, from: T): T {
  into.set(from);
  return into;
}
