import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Client } from 'acme-client';

import { AcmeProblemError } from './acme-ca.js';
import type { AcmeAnswer } from './acme-answer.js';
import type { AcmeConnection } from './acme-connection.js';
import { ConnectionGoneError } from './acme-transport.js';

/** Each repetition is safe, for the CA has not acted on a request whose nonce it refused; none of them sleeps. */
const MAX_BAD_NONCE_REPEATS = 5;

/** A flattened JWS (RFC 7515 section 7.2.2). */
export interface Jws {
  readonly payload: string;
  readonly protected: string;
  readonly signature: string;
}

/** The parts of acme-client's HTTP client that we use: it makes and signs the JWS. It has no types for them. */
interface AcmeClientHttp {
  jwk: Readonly<Record<string, string>> | null;
  accountKey: Buffer | KeyObject;
  maxBadNonceRetries: number;
  request(url: string, method: string, options: { readonly data: object }): Promise<AcmeAnswer>;
  getNonce(): Promise<string>;
  getJwk(): Readonly<Record<string, string>>;
  signedRequest(url: string, payload: object | null, options: SignOptions): Promise<AcmeAnswer>;
  createSignedBody(url: string, payload: object | null, options?: { readonly kid?: string }): Jws;
}

interface SignOptions {
  readonly kid: string | null;
  readonly nonce: string;
  readonly includeExternalAccountBinding: boolean;
}

export interface AcmeSessionKey {
  /** PKCS#8 PEM: EC P-256 or P-384, or RSA. */
  readonly accountKeyPem: string;
  /** The account's URL; absent: requests carry the key itself (newAccount). */
  readonly accountUrl?: string;
  readonly externalAccount?: { readonly kid: string; readonly hmacKey: string };
}

/**
 * Signed requests of one account key over a connection. acme-client makes the JWS; its transport, its nonces and its
 * repetitions are replaced for this instance, since they sleep inside, repeat one nonce, know no time-out and share one
 * agent among all CAs.
 */
export class AcmeSession {
  readonly #client: Client;
  readonly #http: AcmeClientHttp;
  readonly #kid: string | null;

  constructor(
    private readonly connection: AcmeConnection,
    key: AcmeSessionKey,
  ) {
    this.#kid = key.accountUrl ?? null;
    this.#client = new Client({
      directoryUrl: connection.directoryUrl,
      accountKey: key.accountKeyPem,
      accountUrl: key.accountUrl,
      externalAccountBinding: key.externalAccount,
    });
    const http = (this.#client as unknown as { readonly http: AcmeClientHttp }).http;
    // The key is parsed once: reading the PEM again takes longer than signing with it.
    http.jwk = http.getJwk();
    http.accountKey = createPrivateKey(key.accountKeyPem);
    http.maxBadNonceRetries = 0;
    http.request = (url, _method, options) => connection.post(url, options.data);
    http.getNonce = async () => (await connection.nonces.take()).nonce;
    this.#http = http;
  }

  /** The public account key, members in lexicographic order as RFC 7638 wants them. */
  get jwk(): Readonly<Record<string, string>> {
    return this.#http.getJwk();
  }

  /** POST-as-GET (RFC 8555 section 6.3). */
  async read(url: string): Promise<AcmeAnswer> {
    try {
      return await this.post(url, null);
    } catch (error) {
      if (!(error instanceof ConnectionGoneError)) throw error;
      return await this.post(url, null);
    }
  }

  /**
   * A signed POST; resolves with a success only. `payload` null makes it a POST-as-GET. Rejects with AcmeProblemError or
   * AcmeUnreachableError.
   */
  async post(
    url: string,
    payload: object | null,
    options: { readonly bindExternalAccount?: boolean } = {},
  ): Promise<AcmeAnswer> {
    const { nonces } = this.connection;
    let nonce = await nonces.take();
    for (let repeats = 0; ; repeats++) {
      const answer = await this.#http.signedRequest(url, payload, {
        kid: this.#kid,
        nonce: nonce.nonce,
        includeExternalAccountBinding: options.bindExternalAccount === true,
      });
      if (!answer.isBadNonce() || repeats === MAX_BAD_NONCE_REPEATS) {
        nonces.put(answer.nonce);
        return this.connection.checked(answer);
      }
      nonces.refused(nonce);
      // The refusal's own nonce is the freshest there is. It goes into this request and not into the pool as well.
      nonce = nonces.received(answer.nonce) ?? (await nonces.take());
    }
  }

  /** A JWS by this key that carries the public key and no nonce: the inner part of a key change. */
  sign(url: string, payload: object): Jws {
    return this.#http.createSignedBody(url, payload);
  }

  /** base64url(SHA-256(key authorization)): what the TXT record holds (RFC 8555 section 8.4). */
  txtValue(token: string): Promise<string> {
    return this.#client.getChallengeKeyAuthorization({ type: 'dns-01', token, url: '', status: 'pending' });
  }

  /** Problems that are the wanted state already resolve as undefined. */
  async postUnless(types: readonly string[], url: string, payload: object): Promise<AcmeAnswer | undefined> {
    try {
      return await this.post(url, payload);
    } catch (error) {
      if (error instanceof AcmeProblemError && types.includes(error.problem.type)) return undefined;
      throw error;
    }
  }
}
