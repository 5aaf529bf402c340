import { flattenedVerify } from 'jose';

import type { Account } from '../domain/account.js';
import { decodeBase64Url, parseJsonObject, parseJws } from '../domain/jws.js';
import { refuse } from '../domain/problem.js';
import type { AccountPolicy } from '../ports/account-policy.js';
import type { KeyRequest } from './request-verifier.js';

const MAC_ALGORITHMS = ['HS256', 'HS384', 'HS512'];

/**
 * Verifies the external account binding of a newAccount request to the letter of RFC 8555 section 7.3.4: a MAC
 * algorithm, no nonce, the outer JWS's URL, a key identifier that is known, the key's MAC, and as payload the very key
 * that signs the request.
 */
export async function verifyExternalAccount(
  binding: unknown,
  request: KeyRequest,
  policy: AccountPolicy,
): Promise<NonNullable<Account['externalAccount']> | undefined> {
  if (binding === undefined) {
    if (!policy.externalAccountRequired) return undefined;
    throw refuse('externalAccountRequired', 'newAccount request must include externalAccountBinding');
  }
  const what = 'externalAccountBinding';
  const { jws, header } = parseJws(Buffer.from(JSON.stringify(binding)), what);
  if (!MAC_ALGORITHMS.includes(header.alg)) {
    throw refuse('badSignatureAlgorithm', `${what} "alg" must be one of ${MAC_ALGORITHMS.join(', ')}`, {
      algorithms: MAC_ALGORITHMS,
    });
  }
  if (header.nonce !== undefined) throw refuse('malformed', `${what} must not have a nonce`);
  if (header.jwk !== undefined) throw refuse('malformed', `${what} must not have a jwk`);
  if (header.url !== request.url) throw refuse('malformed', `${what} "url" must be that of the request`);
  const { kid } = header;
  if (typeof kid !== 'string' || kid === '') throw refuse('malformed', `${what} has no "kid"`);

  const key = await policy.externalAccountKey(kid);
  if (!key) throw refuse('unauthorized', `${what} "kid" ${JSON.stringify(kid.slice(0, 100))} is not known`);
  try {
    await flattenedVerify({ ...jws }, key, { algorithms: MAC_ALGORITHMS });
  } catch {
    throw refuse('unauthorized', `${what} signature is not that of the key ${JSON.stringify(kid.slice(0, 100))}`);
  }
  const payload = parseJsonObject(decodeBase64Url(jws.payload, `${what} payload`), `${what} payload`);
  if (!Object.entries(request.key.jwk).every(([member, value]) => payload[member] === value)) {
    throw refuse('malformed', `${what} payload is not the key that signs the request`);
  }
  return { kid, binding: { ...jws } };
}
