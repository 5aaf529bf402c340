import type { UsedNonceStore } from '../../ports/acme-store.js';

const MAX_NONCES = 200_000;

/**
 * Used nonces by the minute in which they are too old anyway. When there are too many, the oldest minute is given up:
 * its nonces, used or not, count as used from then on.
 */
export class MemoryUsedNonces implements UsedNonceStore {
  readonly #minutes = new Map<number, Set<string>>();
  #size = 0;
  /** Nonces that end before this minute are not accepted any more. */
  #firstMinute = 0;

  constructor(private readonly maxNonces = MAX_NONCES) {}

  async use(nonce: string, expiresAt: Date): Promise<boolean> {
    const minute = Math.floor(expiresAt.getTime() / 60_000);
    if (minute < this.#firstMinute) return false;
    const used = this.#minutes.get(minute) ?? new Set();
    if (used.has(nonce)) return false;
    this.#minutes.set(minute, used.add(nonce));
    this.#size += 1;
    if (this.#size > this.maxNonces) this.#dropBefore(Math.min(...this.#minutes.keys()) + 1);
    return true;
  }

  purge(now: Date): void {
    this.#dropBefore(Math.floor(now.getTime() / 60_000));
  }

  #dropBefore(minute: number): void {
    this.#firstMinute = Math.max(this.#firstMinute, minute);
    for (const [key, used] of this.#minutes) {
      if (key >= this.#firstMinute) continue;
      this.#minutes.delete(key);
      this.#size -= used.size;
    }
  }
}
