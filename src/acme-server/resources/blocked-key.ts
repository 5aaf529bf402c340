import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto';

import type { AccountKey } from '../domain/account-key.js';
import { refuse } from '../domain/problem.js';
import type { AcmeStore } from '../ports/acme-store.js';

/** Throws `badPublicKey` for a key that was reported as compromised: whoever has it could act for the account. */
export async function assertKeyNotBlocked({ jwk }: AccountKey, store: AcmeStore): Promise<void> {
  const spki = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }).export({ type: 'spki', format: 'der' });
  if (await store.certificates.isKeyBlocked(createHash('sha256').update(spki).digest('hex'))) {
    throw refuse('badPublicKey', 'public key is forbidden: it was reported as compromised');
  }
}
