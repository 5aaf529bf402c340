import { assertKnownAlgorithm, readAccountKey } from '../domain/account-key.js';
import type { Account } from '../domain/account.js';
import { keyReference, parseJsonObject, parseJws } from '../domain/jws.js';
import { AcmeRefusal, refuse } from '../domain/problem.js';
import type { AcmeServerParts } from '../protocol/context.js';
import type { Answer } from '../protocol/http.js';
import { thumbprintOf, verifySignature, type AccountRequest } from '../protocol/request-verifier.js';
import { assertKeyNotBlocked } from './blocked-key.js';
import { accountView } from './views.js';

/** RFC 8555 section 7.3.5: the old key signs for the change, and inside it the new key signs for itself. */
export class KeyChangeResource {
  constructor(private readonly parts: Pick<AcmeServerParts, 'store' | 'urls'>) {}

  async change(request: AccountRequest): Promise<Answer> {
    const { store, urls } = this.parts;
    const { account } = request;
    const { jws, header } = parseJws(request.payload, 'Inner JWS');
    assertKnownAlgorithm(header.alg);
    const reference = keyReference(header);
    if (!('jwk' in reference)) throw refuse('malformed', 'Inner JWS must have a jwk, not a kid');
    if (header.nonce !== undefined) throw refuse('malformed', 'Inner JWS must not have a nonce');
    if (header.url !== request.url) {
      throw refuse('malformed', "Inner JWS 'url' value does not match outer JWS 'url' value");
    }
    const newKey = readAccountKey(reference.jwk);
    const payload = parseJsonObject(await verifySignature(jws, header, newKey), 'Inner JWS payload');
    this.#checkPayload(payload, account);

    const thumbprint = await thumbprintOf(newKey);
    if (thumbprint === account.thumbprint) {
      throw refuse('malformed', 'New key specified by rollover request is the same as the old key');
    }
    await assertKeyNotBlocked(newKey, store);
    const result = await store.accounts.changeKey(account.id, {
      expectedThumbprint: account.thumbprint,
      jwk: newKey.jwk,
      thumbprint,
    });
    if (result === 'stale') {
      throw refuse('malformed', 'The account key was changed meanwhile: sign the request with the present key', {
        status: 409,
      });
    }
    if (result !== 'changed') {
      throw new AcmeRefusal(
        { type: 'malformed', detail: 'New key is already in use for a different account', status: 409 },
        { location: urls.account(result.conflictingAccountId) },
      );
    }
    return {
      status: 200,
      headers: { location: urls.account(account.id) },
      json: accountView({ ...account, jwk: newKey.jwk, thumbprint }, urls),
    };
  }

  #checkPayload(payload: Record<string, unknown>, account: Account): void {
    if (payload['account'] !== this.parts.urls.account(account.id)) {
      throw refuse('malformed', "Inner JWS payload's account is not the account that signs the outer JWS");
    }
    const { oldKey } = payload;
    const given = (typeof oldKey === 'object' && oldKey !== null ? oldKey : {}) as Record<string, unknown>;
    if (!Object.entries(account.jwk).every(([member, value]) => given[member] === value)) {
      throw refuse('malformed', "Inner JWS payload's oldKey does not match the account's key");
    }
  }
}
