import { jsonFields } from './json-fields.js';

/** What acme-dns answers when it refuses, in its own words. */
export type AcmeDnsError = 'forbidden' | 'bad_txt' | 'db_error' | 'registration_disabled';

export interface AcmeDnsUpdate {
  /** Empty when the body does not say. */
  readonly subdomain: string;
  readonly txt: string;
}

/** The body of `POST /update`, whatever it is labelled as; undefined when it is not JSON. */
export function readAcmeDnsUpdate(body: Uint8Array | undefined): AcmeDnsUpdate | undefined {
  const fields = jsonFields(body);
  if (!fields) return undefined;
  return { subdomain: textOf(fields.get('subdomain')), txt: textOf(fields.get('txt')) };
}

/** base64url(SHA-256(key authorization)), without padding: 43 characters (RFC 8555 section 8.4). */
export function isChallengeValue(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
