import { createHash } from 'node:crypto';

import { normalizeName } from '../../kernel/domain-name.js';
import { isChallengeValue } from './acme-dns-request.js';
import { jsonFields } from './json-fields.js';

/** A TXT value to be put or taken out. */
export interface HttpreqChallenge {
  /** `_acme-challenge.…`, lower case, no final dot. */
  readonly name: string;
  readonly value: string;
}

const CHALLENGE_LABEL = '_acme-challenge.';

/**
 * The body of lego's `httpreq` in both of its modes: `{fqdn, value}`, and RAW `{domain, token, keyAuth}`, where the value
 * is worked out here (RFC 8555 section 8.4). Undefined when it is neither, or holds no challenge.
 */
export function readHttpreqChallenge(body: Uint8Array | undefined): HttpreqChallenge | undefined {
  const fields = jsonFields(body);
  const [fqdn, value, domain, keyAuth] = ['fqdn', 'value', 'domain', 'keyauth'].map((name) => fields?.get(name));
  if (typeof fqdn === 'string' && typeof value === 'string') return challenge(fqdn, value);
  if (typeof domain !== 'string' || typeof keyAuth !== 'string') return undefined;
  const digest = createHash('sha256').update(keyAuth).digest('base64url');
  return challenge(CHALLENGE_LABEL + domain.replace(/^\*\./, ''), digest);
}

function challenge(fqdn: string, value: string): HttpreqChallenge | undefined {
  const name = normalizeName(fqdn);
  return name.startsWith(CHALLENGE_LABEL) && isChallengeValue(value) ? { name, value } : undefined;
}

/** Is it a challenge for the device's name, or for one below it? */
export function isChallengeOf({ name }: HttpreqChallenge, device: string): boolean {
  const target = name.slice(CHALLENGE_LABEL.length);
  return target === device || target.endsWith(`.${device}`);
}
