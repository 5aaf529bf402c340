import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a receiver checks; the scheme is that of https://www.standardwebhooks.com. */
export interface SignedParts {
  /** The delivery's id: the same at every try. */
  readonly id: string;
  /** Whole seconds since 1970, of this try. */
  readonly timestamp: number;
  readonly body: string;
}

const SECRET_PREFIX = 'whsec_';

/** The secret as it is shown: the prefix and the key in base64. */
export function webhookSecret(key: Uint8Array): string {
  return SECRET_PREFIX + Buffer.from(key).toString('base64');
}

/** `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body` under the secret's key. */
export function webhookSignature(secret: string, { id, timestamp, body }: SignedParts): string {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

/** As a receiver does it: is one of the signatures in the header right? */
export function isSignedBy(secret: string, parts: SignedParts, header: string): boolean {
  const expected = Buffer.from(webhookSignature(secret, parts));
  return header.split(' ').some((presented) => {
    const octets = Buffer.from(presented);
    return octets.length === expected.length && timingSafeEqual(octets, expected);
  });
}
