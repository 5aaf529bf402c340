import { calculateJwkThumbprint, flattenedVerify, importJWK, type CryptoKey } from 'jose';

import { assertUsable, type Account } from '../domain/account.js';
import { assertAlgorithm, assertKnownAlgorithm, readAccountKey, type AccountKey } from '../domain/account-key.js';
import { isBase64Url, keyReference, parseJws, type FlattenedJws, type JwsHeader } from '../domain/jws.js';
import { AcmeRefusal, refuse } from '../domain/problem.js';
import type { AcmeServerParts } from './context.js';
import type { AcmeHttpRequest } from './http.js';

/** A request whose signature, nonce and URL are right, signed by an account that may sign. */
export interface AccountRequest {
  readonly account: Account;
  /** Empty for POST-as-GET. */
  readonly payload: Uint8Array;
  /** The signed URL. */
  readonly url: string;
  readonly remoteAddress: string;
}

/** The same, signed by a key that it holds itself. */
export interface KeyRequest extends Omit<AccountRequest, 'account'> {
  readonly key: AccountKey;
  readonly thumbprint: string;
}

const CONTENT_TYPE = 'application/jose+json';

/** Authenticates requests as RFC 8555 section 6.2 to 6.5 demands. Throws the refusal of a wrong one. */
export class RequestVerifier {
  constructor(private readonly parts: Pick<AcmeServerParts, 'store' | 'nonces' | 'urls' | 'random' | 'options'>) {}

  async verifyForAccount(request: AcmeHttpRequest): Promise<AccountRequest> {
    const verified = await this.verify(request);
    if (!('account' in verified)) throw refuse('malformed', 'No Key ID in JWS header');
    return verified;
  }

  async verifyForKey(request: AcmeHttpRequest): Promise<KeyRequest> {
    const verified = await this.verify(request);
    if (!('key' in verified)) throw refuse('malformed', 'No embedded JWK in JWS header');
    return verified;
  }

  /** Either kind: for revocations. */
  async verify(request: AcmeHttpRequest): Promise<AccountRequest | KeyRequest> {
    if (request.headers['content-type']?.trim().toLowerCase() !== CONTENT_TYPE) {
      throw refuse('malformed', `Invalid Content-Type header on POST. Content-Type must be "${CONTENT_TYPE}"`, {
        status: 415,
      });
    }
    const { jws, header } = parseJws(request.body);
    assertKnownAlgorithm(header.alg);
    const signer = await this.#findSigner(header);
    const payload = await verifySignature(jws, header, signer.key);
    // After the signature: nobody can use up a nonce, or learn about an account, without the key.
    await this.#redeemNonce(header.nonce);
    const url = this.#checkUrl(header.url, request.target);
    const common = { payload, url, remoteAddress: request.remoteAddress };
    if (!signer.account) return { ...common, key: signer.key, thumbprint: await thumbprintOf(signer.key) };
    assertUsable(signer.account);
    return { ...common, account: signer.account };
  }

  async #findSigner(header: JwsHeader): Promise<{ readonly key: AccountKey; readonly account?: Account }> {
    const reference = keyReference(header);
    if ('jwk' in reference) return { key: readAccountKey(reference.jwk) };
    const id = this.parts.urls.accountId(reference.kid);
    if (id === undefined) {
      throw refuse(
        'malformed',
        `KeyID header ${JSON.stringify(reference.kid.slice(0, 300))} is not an account URL of this server`,
      );
    }
    const account = await this.parts.store.accounts.find(id);
    if (!account) throw refuse('accountDoesNotExist', `Account ${JSON.stringify(reference.kid)} not found`);
    return { key: readAccountKey(account.jwk), account };
  }

  async #redeemNonce(nonce: unknown): Promise<void> {
    if (nonce === undefined || nonce === '') throw refuse('badNonce', 'JWS has no anti-replay nonce');
    // RFC 8555 section 6.5.2: what is not base64url is malformed, not merely a bad nonce.
    if (!isBase64Url(nonce)) throw refuse('malformed', 'JWS anti-replay nonce is not base64url');
    const { nonceRejectionPercent } = this.parts.options;
    const isGood = await this.parts.nonces.redeem(nonce);
    if (!isGood || this.parts.random() * 100 < nonceRejectionPercent) {
      throw refuse('badNonce', `JWS has an invalid anti-replay nonce: ${JSON.stringify(nonce.slice(0, 100))}`);
    }
  }

  #checkUrl(url: unknown, target: string): string {
    if (typeof url !== 'string' || url === '') throw refuse('malformed', "JWS header parameter 'url' required");
    const expected = this.parts.urls.ofTarget(target);
    // RFC 8555 section 6.4.1: a mismatch is to be rejected as unauthorized.
    if (url !== expected) {
      throw refuse(
        'unauthorized',
        `JWS header parameter 'url' incorrect. Expected ${JSON.stringify(expected)} got ${JSON.stringify(url.slice(0, 300))}`,
      );
    }
    return url;
  }
}

/** The payload, once the signature is seen to be the key's. */
export async function verifySignature(jws: FlattenedJws, header: JwsHeader, key: AccountKey): Promise<Uint8Array> {
  assertAlgorithm(header.alg, key);
  const imported = await importKey(key, header.alg);
  try {
    const { payload } = await flattenedVerify({ ...jws }, imported, { algorithms: [...key.algorithms] });
    return payload;
  } catch {
    throw refuse('malformed', 'JWS verification error');
  }
}

async function importKey(key: AccountKey, algorithm: string): Promise<CryptoKey> {
  try {
    const imported = await importJWK({ ...key.jwk }, algorithm);
    if (imported instanceof Uint8Array) throw new Error('a symmetric key');
    return imported;
  } catch (error) {
    throw new AcmeRefusal({ type: 'badPublicKey', detail: 'Invalid JWK in JWS header' }, {}, error);
  }
}

/** RFC 7638, SHA-256, base64url. */
export function thumbprintOf(key: AccountKey): Promise<string> {
  return calculateJwkThumbprint({ ...key.jwk }, 'sha256');
}
