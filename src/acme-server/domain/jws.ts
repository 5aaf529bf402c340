import { refuse } from './problem.js';

/** A flattened JWS (RFC 7515 section 7.2.2), the only form that ACME uses. Members are base64url. */
export interface FlattenedJws {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

/** The protected header's members that ACME knows (RFC 8555 section 6.2), as they came. */
export interface JwsHeader {
  readonly alg: string;
  readonly nonce?: unknown;
  readonly url?: unknown;
  readonly kid?: unknown;
  readonly jwk?: unknown;
}

const BASE64URL = /^[A-Za-z0-9_-]*$/;

/** base64url without padding, of a whole number of octets (RFC 8555 section 6.1: padding is to be rejected). */
export function isBase64Url(text: unknown): text is string {
  return typeof text === 'string' && BASE64URL.test(text) && text.length % 4 !== 1;
}

/** The octets of a base64url member of a request; throws `malformed`, naming it. */
export function decodeBase64Url(text: unknown, what: string): Buffer {
  if (!isBase64Url(text)) throw refuse('malformed', `${what} is not base64url without padding`);
  return Buffer.from(text, 'base64url');
}

/** A JSON object from UTF-8; throws `malformed`, naming what was read. */
export function parseJsonObject(bytes: Uint8Array, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refuse('malformed', `${what} is not JSON`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse('malformed', `${what} is not a JSON object`);
  }
  return value as Record<string, unknown>;
}

/**
 * Splits a request body into the JWS and its header, and refuses every form that RFC 8555 section 6.2 rules out:
 * unprotected headers, several signatures, detached or unencoded payloads, critical extensions.
 */
export function parseJws(body: Uint8Array, what = 'JWS'): { jws: FlattenedJws; header: JwsHeader } {
  const message = parseJsonObject(body, what);
  if ('header' in message) {
    throw refuse('malformed', `${what} "header" field not allowed. All headers must be in "protected" field`);
  }
  if ('signatures' in message) {
    throw refuse(
      'malformed',
      `${what} "signatures" field not allowed. Only the "signature" field should contain a signature`,
    );
  }
  const { protected: protectedText, payload, signature } = message;
  if (!isBase64Url(payload)) throw refuse('malformed', `${what} payload is missing or not base64url without padding`);
  if (!isBase64Url(signature) || signature === '') throw refuse('malformed', `${what} is not signed`);
  const header = parseJsonObject(
    decodeBase64Url(protectedText, `${what} protected header`),
    `${what} protected header`,
  );
  if ('crit' in header || 'b64' in header) {
    throw refuse('malformed', `${what} protected header must not use "crit" or "b64"`);
  }
  const { alg } = header;
  if (typeof alg !== 'string') {
    throw refuse('malformed', `${what} protected header has no "alg"`);
  }
  return {
    jws: { protected: protectedText as string, payload, signature },
    header: { ...header, alg },
  };
}

export type JwsKeyReference = { readonly kid: string } | { readonly jwk: Record<string, unknown> };

/** Which of the two ways the signer names its key by (RFC 8555 section 6.2: exactly one). */
export function keyReference(header: JwsHeader): JwsKeyReference {
  const { kid, jwk } = header;
  if (kid !== undefined && jwk !== undefined) {
    throw refuse('malformed', 'jwk and kid header fields are mutually exclusive');
  }
  if (typeof kid === 'string' && kid !== '') return { kid };
  if (typeof jwk === 'object' && jwk !== null && !Array.isArray(jwk)) return { jwk: jwk as Record<string, unknown> };
  throw refuse('malformed', 'JWS protected header has neither a key ID ("kid") nor an embedded key ("jwk")');
}
