import { AcmeUnreachableError } from './acme-ca.js';

const BASE64URL = /^[A-Za-z0-9_-]{1,1024}$/;

/** An anti-replay nonce (RFC 8555 section 6.5) and when it was received, in monotonic milliseconds. */
export interface PooledNonce {
  readonly nonce: string;
  readonly receivedAt: number;
}

export interface NoncePoolOptions {
  /** How many unused nonces are kept; the oldest go first. */
  readonly capacity?: number;
  /** An unused nonce is dropped after so many seconds: CAs forget them, and a forgotten one costs a round trip. */
  readonly maxAgeSeconds?: number;
  /** How many newNonce requests may be under way at once: CAs limit them harder than anything else. */
  readonly maxFetches?: number;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

interface Waiter {
  readonly resolve: (nonce: PooledNonce) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The unused nonces of one CA. Every answer's nonce goes in, every signed request takes one out, and none comes out
 * twice. Who finds the pool empty waits for the first of a newNonce request and somebody else's answer.
 */
export class NoncePool {
  /** Oldest first; the newest is handed out first, for it is the least likely to have been forgotten. */
  readonly #unused: PooledNonce[] = [];
  readonly #waiters: Waiter[] = [];
  readonly #fetchNonce: () => Promise<string>;
  readonly #capacity: number;
  readonly #maxAgeMilliseconds: number;
  readonly #maxFetches: number;
  readonly #now: () => number;
  #fetches = 0;

  /** `fetchNonce` is HEAD newNonce; what it rejects with, everybody who waits is rejected with. */
  constructor(fetchNonce: () => Promise<string>, options: NoncePoolOptions = {}) {
    this.#fetchNonce = fetchNonce;
    this.#capacity = options.capacity ?? 128;
    this.#maxAgeMilliseconds = (options.maxAgeSeconds ?? 120) * 1000;
    this.#maxFetches = options.maxFetches ?? 4;
    this.#now = options.now ?? (() => performance.now());
  }

  get size(): number {
    return this.#unused.length;
  }

  take(): Promise<PooledNonce> {
    this.#dropReceivedUntil(this.#now() - this.#maxAgeMilliseconds);
    const newest = this.#unused.pop();
    if (newest) return Promise.resolve(newest);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#fetchForWaiters();
    });
  }

  /** Takes in the Replay-Nonce of an answer. A malformed one (RFC 8555 section 6.5.1) and one it holds are ignored. */
  put(nonce: string | undefined): void {
    const pooled = this.received(nonce);
    if (!pooled || this.#unused.some((held) => held.nonce === pooled.nonce)) return;
    const waiter = this.#waiters.shift();
    if (waiter) {
      waiter.resolve(pooled);
      return;
    }
    this.#unused.push(pooled);
    if (this.#unused.length > this.#capacity) this.#unused.shift();
  }

  /** A nonce received now, to be used at once without going through the pool; undefined when it is malformed. */
  received(nonce: string | undefined): PooledNonce | undefined {
    return nonce !== undefined && BASE64URL.test(nonce) ? { nonce, receivedAt: this.#now() } : undefined;
  }

  /** The CA refused this one: those that are as old or older have most likely been forgotten with it. */
  refused(nonce: PooledNonce): void {
    this.#dropReceivedUntil(nonce.receivedAt);
  }

  #dropReceivedUntil(time: number): void {
    while (this.#unused[0] && this.#unused[0].receivedAt <= time) this.#unused.shift();
  }

  #fetchForWaiters(): void {
    while (this.#fetches < Math.min(this.#maxFetches, this.#waiters.length)) {
      this.#fetches += 1;
      void this.#fetchOne();
    }
  }

  async #fetchOne(): Promise<void> {
    try {
      const nonce = await this.#fetchNonce();
      if (!this.received(nonce)) throw new AcmeUnreachableError('the CA answered newNonce without a usable nonce');
      this.#fetches -= 1;
      this.put(nonce);
    } catch (error) {
      this.#fetches -= 1;
      // One failure answers for all: a CA that is away would otherwise be asked once for each of them, a few at a time.
      for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    }
    this.#fetchForWaiters();
  }
}
