import { readContacts } from '../domain/contact.js';
import { assertUsable, type Account } from '../domain/account.js';
import { parseJsonObject } from '../domain/jws.js';
import { newAccountTransactions } from '../domain/limit-transactions.js';
import { refuse } from '../domain/problem.js';
import { newId, type AcmeServerParts } from '../protocol/context.js';
import { verifyExternalAccount } from '../protocol/external-account.js';
import { link, type Answer } from '../protocol/http.js';
import type { Limiter } from '../protocol/limiter.js';
import type { AccountRequest, KeyRequest } from '../protocol/request-verifier.js';
import { assertKeyNotBlocked } from './blocked-key.js';
import { accountView } from './views.js';

const MAX_CONTACTS = 10;

/** newAccount and the account itself (RFC 8555 section 7.3 to 7.3.6, without keyChange). */
export class AccountResource {
  constructor(
    private readonly parts: Pick<AcmeServerParts, 'store' | 'policy' | 'urls' | 'clock' | 'options'>,
    private readonly limiter: Limiter,
  ) {}

  async create(request: KeyRequest): Promise<Answer> {
    const { store, clock, policy, options } = this.parts;
    const body = parseJsonObject(request.payload, 'newAccount request');
    const existing = await store.accounts.findByThumbprint(request.thumbprint);
    // An account that exists is handed out unchanged, whatever else the request says (section 7.3).
    if (existing) return this.#existing(existing);
    if (body['onlyReturnExisting'] === true) {
      throw refuse('accountDoesNotExist', 'No account exists with the provided key');
    }
    if (options.termsOfService !== undefined && body['termsOfServiceAgreed'] !== true) {
      throw refuse('malformed', 'must agree to terms of service');
    }
    await assertKeyNotBlocked(request.key, store);
    const contacts = this.#readContacts(body['contact']) ?? [];
    const externalAccount = await verifyExternalAccount(body['externalAccountBinding'], request, policy);

    const transactions = newAccountTransactions(options.limits, request.remoteAddress);
    await this.limiter.spend(transactions);
    const { account, created } = await store.accounts.create({
      id: newId(),
      status: 'valid',
      jwk: request.key.jwk,
      thumbprint: request.thumbprint,
      contacts,
      createdAt: clock.now(),
      ...(externalAccount ? { externalAccount } : {}),
    });
    if (created) return this.#answer(201, account);
    await this.limiter.refund(transactions);
    return this.#existing(account);
  }

  /** POST-as-GET, update of the contacts, or deactivation. */
  async update(request: AccountRequest, id: string): Promise<Answer> {
    const { account, payload } = request;
    if (account.id !== id) throw refuse('unauthorized', 'Request signing key did not match account key');
    if (payload.length === 0) return this.#answer(200, account);
    const { status, contact } = parseJsonObject(payload, 'Account update');
    // People post the whole account they were given: what is not for them to change is ignored (section 7.3.2).
    if (status !== undefined && status !== account.status) {
      if (status !== 'deactivated') throw refuse('malformed', 'Invalid value provided for status field');
      await this.parts.store.accounts.deactivate(id);
      return this.#answer(200, { ...account, status: 'deactivated' });
    }
    const contacts = this.#readContacts(contact);
    if (!contacts) return this.#answer(200, account);
    await this.parts.store.accounts.setContacts(id, contacts);
    return this.#answer(200, { ...account, contacts });
  }

  #readContacts(value: unknown): readonly string[] | undefined {
    if (value === undefined || value === null) return undefined;
    return readContacts(value, {
      maxContacts: MAX_CONTACTS,
      forbiddenDomains: this.parts.options.forbiddenContactDomains,
    });
  }

  #existing(account: Account): Answer {
    assertUsable(account);
    return this.#answer(200, account);
  }

  #answer(status: number, account: Account): Answer {
    const { urls, options } = this.parts;
    return {
      status,
      headers: { location: urls.account(account.id) },
      links: options.termsOfService === undefined ? [] : [link(options.termsOfService, 'terms-of-service')],
      json: accountView(account, urls),
    };
  }
}
