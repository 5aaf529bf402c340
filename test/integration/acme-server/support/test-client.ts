import {
  createHash,
  createHmac,
  generateKeyPair as generateKeyPairCallback,
  sign as signCallback,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';

import type { AcmeHttpRequest, AcmeHttpResponse } from '../../../../src/acme-server/protocol/http.js';
import { makeCsr, type TestCsr } from './test-csr.js';

const generateKeyPair = promisify(generateKeyPairCallback);

export type KeyKind = 'ES256' | 'ES384' | 'ES512' | 'RS256' | 'EdDSA';

interface SigningKey {
  readonly alg: KeyKind;
  readonly privateKey: KeyObject;
  readonly jwk: Record<string, string>;
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly text: string;
  /** The body as JSON. */
  readonly json: Record<string, unknown> & { readonly [key: string]: unknown };
}

/** What makes a request other than it should be. */
export interface Twist {
  /** Merged into the protected header; undefined takes a member away. */
  readonly header?: Record<string, unknown>;
  /** Sign with the key itself named in the header, not with the account. */
  readonly withJwk?: boolean;
  readonly key?: SigningKey;
  readonly contentType?: string | undefined;
  /** Changes the JWS after it was signed. */
  readonly change?: (jws: Record<string, unknown>) => unknown;
  /** Sent as it is, instead of a JWS. */
  readonly raw?: string | Uint8Array;
}

type Send = (request: Partial<AcmeHttpRequest> & Pick<AcmeHttpRequest, 'target'>) => Promise<AcmeHttpResponse>;

/** An ACME client that makes every JWS by hand with node:crypto alone, right or, on request, wrong. */
export class TestClient {
  kid: string | undefined;
  /** Repeat a request whose nonce was refused, as clients have to (RFC 8555 section 6.5). */
  repeatsBadNonce = true;
  #nonce: string | undefined;

  private constructor(
    readonly send: Send,
    readonly baseUrl: string,
    public key: SigningKey,
  ) {}

  static async create(send: Send, baseUrl: string, kind: KeyKind): Promise<TestClient> {
    return new TestClient(send, baseUrl, await makeKey(kind));
  }

  get accountUrl(): string {
    if (this.kid === undefined) throw new Error('the client has no account');
    return this.kid;
  }

  get thumbprint(): string {
    return thumbprint(this.key.jwk);
  }

  async nonce(): Promise<string> {
    const kept = this.#nonce;
    this.#nonce = undefined;
    if (kept !== undefined) return kept;
    const answer = await this.send({ method: 'HEAD', target: this.#target('/acme/new-nonce') });
    return String(answer.headers['replay-nonce']);
  }

  async register(payload: Record<string, unknown> = { termsOfServiceAgreed: true }): Promise<TestAnswer> {
    const answer = await this.post('/acme/new-acct', payload, { withJwk: true });
    if (answer.status < 300) this.kid = String(answer.headers['location']);
    return answer;
  }

  /** POST-as-GET. */
  get(url: string): Promise<TestAnswer> {
    return this.post(url, '');
  }

  /** `payload`: an object, or '' for POST-as-GET. `url`: absolute, or a path below the base URL. */
  async post(url: string, payload: unknown, twist: Twist = {}): Promise<TestAnswer> {
    const target = url.startsWith('https:') ? url.slice(new URL(url).origin.length) : this.#target(url);
    const body = twist.raw ?? JSON.stringify(await this.jws(url, payload, twist));
    const answer = await this.send({
      method: 'POST',
      target,
      headers: { 'content-type': 'contentType' in twist ? twist.contentType : 'application/jose+json' },
      body: typeof body === 'string' ? Buffer.from(body) : body,
    });
    const { 'replay-nonce': nonce } = answer.headers;
    if (typeof nonce === 'string') this.#nonce = nonce;
    const result = read(answer);
    const isOurNonce = twist.raw === undefined && !(twist.header && 'nonce' in twist.header);
    if (this.repeatsBadNonce && isOurNonce && String(result.json['type']).endsWith(':badNonce')) {
      return this.post(url, payload, twist);
    }
    return result;
  }

  /** A flattened JWS as the server expects it, or twisted. */
  async jws(url: string, payload: unknown, twist: Twist = {}): Promise<unknown> {
    const key = twist.key ?? this.key;
    const header = {
      alg: key.alg,
      nonce: await this.nonce(),
      url: url.startsWith('https:') ? url : this.baseUrl + url,
      ...(twist.withJwk ? { jwk: key.jwk } : { kid: this.kid }),
      ...twist.header,
    };
    const jws = signJws(header, payload, key);
    return twist.change ? twist.change({ ...jws }) : jws;
  }

  // From here on: whole steps of a correct client.

  async order(names: readonly string[], more: Record<string, unknown> = {}): Promise<TestAnswer> {
    return this.post('/acme/new-order', { identifiers: names.map((value) => ({ type: 'dns', value })), ...more });
  }

  /** Answers every pending challenge of the order. */
  async solve(order: TestAnswer, settle: () => Promise<void>): Promise<void> {
    for (const url of order.json['authorizations'] as string[]) {
      const { json } = await this.get(url);
      const [challenge] = json['challenges'] as { url: string }[];
      if (json['status'] === 'pending') await this.post(challenge?.url ?? '', {});
    }
    await settle();
  }

  async finalize(order: TestAnswer, csr: Uint8Array): Promise<TestAnswer> {
    return this.post(String(order.json['finalize']), { csr: Buffer.from(csr).toString('base64url') });
  }

  /** From newOrder to the certificate. */
  async issue(
    names: readonly string[],
    settle: () => Promise<void>,
    more: Record<string, unknown> = {},
  ): Promise<IssuedToTest> {
    const order = await this.order(names, more);
    if (order.status !== 201) throw new Error(`newOrder: ${order.text}`);
    await this.solve(order, settle);
    const csr = await makeCsr({ names });
    const finalized = await this.finalize(order, csr.der);
    if (finalized.json['status'] !== 'valid') throw new Error(`finalize: ${finalized.text}`);
    const url = String(finalized.json['certificate']);
    const { text } = await this.get(url);
    const der = Buffer.from(/-----BEGIN CERTIFICATE-----([^-]+)-----END/.exec(text)?.[1] ?? '', 'base64');
    return { url, pem: text, der, csr, orderUrl: String(order.headers['location']) };
  }

  #target(path: string): string {
    return new URL(this.baseUrl).pathname.replace(/\/$/, '') + path;
  }
}

export interface IssuedToTest {
  readonly url: string;
  readonly pem: string;
  readonly der: Buffer;
  readonly csr: TestCsr;
  readonly orderUrl: string;
}

export function base64url(value: unknown): string {
  const bytes = value instanceof Uint8Array ? value : typeof value === 'string' ? value : JSON.stringify(value);
  return Buffer.from(bytes as string).toString('base64url');
}

/** RFC 7638. */
export function thumbprint(jwk: Record<string, string>): string {
  const members = Object.keys(jwk).toSorted();
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members.map((member) => [member, jwk[member]]))))
    .digest('base64url');
}

export function signJws(header: Record<string, unknown>, payload: unknown, key: SigningKey): Record<string, string> {
  const encoded = { protected: base64url(header), payload: base64url(payload) };
  const signature = signCallback(
    key.alg === 'EdDSA' ? null : `sha${key.alg.slice(2)}`,
    Buffer.from(`${encoded.protected}.${encoded.payload}`),
    { key: key.privateKey, dsaEncoding: 'ieee-p1363' },
  );
  return { ...encoded, signature: signature.toString('base64url') };
}

/** An external account binding (RFC 8555 section 7.3.4). */
export function bindExternalAccount(
  jwk: Record<string, string>,
  url: string,
  kid: string,
  hmacKey: Uint8Array,
  header: Record<string, unknown> = {},
): Record<string, string> {
  const full = { alg: 'HS256', kid, url, ...header };
  const encoded = { protected: base64url(full), payload: base64url(jwk) };
  const digest = `sha${String(full.alg).slice(2)}`;
  const mac = createHmac(
    digest === 'sha256' || digest === 'sha384' || digest === 'sha512' ? digest : 'sha256',
    hmacKey,
  );
  return { ...encoded, signature: mac.update(`${encoded.protected}.${encoded.payload}`).digest('base64url') };
}

export async function makeKey(kind: KeyKind): Promise<SigningKey> {
  const { privateKey, publicKey } = await generate(kind);
  const { kty, ...members } = publicKey.export({ format: 'jwk' }) as Record<string, string>;
  return { alg: kind, privateKey, jwk: { kty: kty ?? '', ...members } };
}

function generate(kind: KeyKind): Promise<{ privateKey: KeyObject; publicKey: KeyObject }> {
  switch (kind) {
    case 'RS256':
      return generateKeyPair('rsa', { modulusLength: 2048 });
    case 'EdDSA':
      return generateKeyPair('ed25519');
    default:
      return generateKeyPair('ec', { namedCurve: { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[kind] });
  }
}

export function read(answer: AcmeHttpResponse): TestAnswer {
  const text = typeof answer.body === 'string' ? answer.body : Buffer.from(answer.body).toString('latin1');
  const isJson = String(answer.headers['content-type']).includes('json');
  return { status: answer.status, headers: answer.headers, text, json: isJson ? JSON.parse(text) : {} };
}
