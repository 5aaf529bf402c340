/** Anti-replay nonces (RFC 8555 section 6.5). */
export interface NonceStore {
  /** A fresh nonce, base64url. */
  issue(): string;
  /** True for a nonce of ours that is not too old, and for the first time only. */
  redeem(nonce: string): Promise<boolean>;
}
