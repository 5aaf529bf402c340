import type { ApexRecords } from '../../../../src/ddns/publishing/apex-records.js';
import type { ChallengeRecords } from '../../../../src/ddns/publishing/challenge-records.js';

/** The zone's challenges and CAA records, in memory. */
export class FakeZone implements Pick<ChallengeRecords, keyof ChallengeRecords>, Pick<ApexRecords, 'setCaa'> {
  readonly caa = new Map<string, readonly string[]>();
  readonly #texts = new Map<string, Set<string>>();
  /** What confirmServed and withdraw fail with. */
  confirmError: Error | undefined;
  withdrawError: Error | undefined;
  /** The CAs see none of the records, which this system's own look finds all the same. */
  hidden = false;
  published = 0;

  async publish({ name, value, orderId }: { name: string; value: string; orderId: string }): Promise<void> {
    this.published += 1;
    const texts = this.#texts.get(orderId) ?? new Set();
    this.#texts.set(orderId, texts.add(`${name} ${value}`));
  }

  async confirmServed(name: string, value: string): Promise<void> {
    if (this.confirmError) throw this.confirmError;
    if (!this.#has(name, value)) throw new Error(`${name} is not served`);
  }

  async withdraw({ orderId }: { orderId: string }): Promise<void> {
    if (this.withdrawError) throw this.withdrawError;
    this.#texts.delete(orderId);
  }

  async withdrawStale(stillOpen: (orderIds: readonly string[]) => Promise<ReadonlySet<string>>): Promise<string[]> {
    const orderIds = [...this.#texts.keys()];
    const open = await stillOpen(orderIds);
    const stale = orderIds.filter((orderId) => !open.has(orderId));
    for (const orderId of stale) this.#texts.delete(orderId);
    return stale;
  }

  async setCaa(zone: string, values: readonly string[]): Promise<void> {
    this.caa.set(zone, values);
  }

  isServed(name: string, value: string): boolean {
    return !this.hidden && this.#has(name, value);
  }

  #has(name: string, value: string): boolean {
    return [...this.#texts.values()].some((texts) => texts.has(`${name} ${value}`));
  }

  /** How many TXT records are in the zone. */
  get size(): number {
    return [...this.#texts.values()].reduce((count, texts) => count + texts.size, 0);
  }
}
