import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

import type { Clock } from '../../kernel/clock.js';
import { addSeconds } from '../../kernel/clock.js';
import type { UsedNonceStore } from '../ports/acme-store.js';
import type { NonceStore } from '../ports/nonce-store.js';

const BODY_OCTETS = 16;
const MAC_OCTETS = 16;

/**
 * Nonces that carry their own proof: time of issue (4 octets), 12 random octets, and an HMAC over both. Handing one out
 * costs no memory, so that nobody can push other clients' nonces out by asking for many; only used ones are
 * remembered, until they would be too old anyway.
 */
export class HmacNonces implements NonceStore {
  /** @param key 32 secret octets; servers that share a store share the key */
  constructor(
    private readonly key: Uint8Array,
    private readonly lifetimeSeconds: number,
    private readonly used: UsedNonceStore,
    private readonly clock: Clock,
  ) {}

  issue(): string {
    const body = randomBytes(BODY_OCTETS);
    body.writeUInt32BE(this.#seconds(), 0);
    return Buffer.concat([body, this.#mac(body)]).toString('base64url');
  }

  async redeem(nonce: string): Promise<boolean> {
    const octets = Buffer.from(nonce, 'base64url');
    if (octets.length !== BODY_OCTETS + MAC_OCTETS) return false;
    const body = octets.subarray(0, BODY_OCTETS);
    if (!timingSafeEqual(octets.subarray(BODY_OCTETS), this.#mac(body))) return false;
    const issuedAt = body.readUInt32BE(0);
    const age = this.#seconds() - issuedAt;
    // Another server's clock may be a little ahead of ours.
    if (age < -60 || age >= this.lifetimeSeconds) return false;
    // The octets, not the text: base64url has several texts for the same octets.
    const identity = body.toString('base64url');
    return this.used.use(identity, addSeconds(new Date(issuedAt * 1000), this.lifetimeSeconds + 60));
  }

  #seconds(): number {
    return Math.floor(this.clock.now().getTime() / 1000);
  }

  #mac(body: Uint8Array): Buffer {
    return createHmac('sha256', this.key).update(body).digest().subarray(0, MAC_OCTETS);
  }
}
