import type { LimitDecision } from '../../domain/rate-limits.js';
import type { LimitStore } from '../../ports/acme-store.js';

export class MemoryLimits implements LimitStore {
  readonly #tats = new Map<string, number>();
  /** By account: its paused names. */
  readonly #paused = new Map<string, Set<string>>();

  async spend(
    keys: readonly string[],
    decide: (tats: ReadonlyMap<string, number>) => LimitDecision,
  ): Promise<LimitDecision> {
    const stored = keys.flatMap((key): [string, number][] => {
      const tat = this.#tats.get(key);
      return tat === undefined ? [] : [[key, tat]];
    });
    const decision = decide(new Map(stored));
    for (const [key, tat] of decision.spent) this.#tats.set(key, tat);
    return decision;
  }

  async refund(keys: readonly string[], refund: (key: string, tat: number) => number): Promise<void> {
    for (const key of keys) {
      const tat = this.#tats.get(key);
      if (tat !== undefined) this.#tats.set(key, refund(key, tat));
    }
  }

  async reset(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#tats.delete(key);
  }

  async pause(accountId: string, name: string): Promise<void> {
    const names = this.#paused.get(accountId) ?? new Set();
    this.#paused.set(accountId, names.add(name));
  }

  async unpause(accountId: string): Promise<number> {
    const count = this.#paused.get(accountId)?.size ?? 0;
    this.#paused.delete(accountId);
    return count;
  }

  async paused(accountId: string, names: readonly string[]): Promise<readonly string[]> {
    const paused = this.#paused.get(accountId);
    return paused ? names.filter((name) => paused.has(name)) : [];
  }

  /** Forgets the buckets that are full again. */
  purge(now: Date): void {
    for (const [key, tat] of this.#tats) if (tat <= now.getTime()) this.#tats.delete(key);
  }
}
