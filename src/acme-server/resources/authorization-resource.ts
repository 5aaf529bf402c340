import { authorizationStatus, type Authorization } from '../domain/authorization.js';
import type { Account } from '../domain/account.js';
import { parseJsonObject } from '../domain/jws.js';
import { notFound, refuse } from '../domain/problem.js';
import type { AcmeServerParts } from '../protocol/context.js';
import { link, type Answer } from '../protocol/http.js';
import type { AccountRequest } from '../protocol/request-verifier.js';
import type { Validations } from './validations.js';
import { authorizationView, challengeView } from './views.js';

/** Authorizations and their challenges (RFC 8555 section 7.5). */
export class AuthorizationResource {
  constructor(
    private readonly parts: Pick<AcmeServerParts, 'store' | 'urls' | 'clock' | 'options'>,
    private readonly validations: Validations,
  ) {}

  /** POST-as-GET, or deactivation (section 7.5.2). */
  async get(request: AccountRequest, id: string): Promise<Answer> {
    const found = await this.#find(id, request.account);
    if (request.payload.length === 0) {
      const authorization = await this.validations.resume(found, request.account);
      return this.#answer(authorization, authorizationView);
    }
    const { status } = parseJsonObject(request.payload, 'Authorization update');
    if (status !== 'deactivated') throw refuse('malformed', 'Invalid status value');
    if (!(await this.parts.store.authorizations.deactivate(id))) {
      const present = authorizationStatus(found, this.parts.clock.now());
      throw refuse('malformed', `Authorization is ${present}: only a pending or valid one can be deactivated`);
    }
    return this.#answer(await this.#find(id, request.account), authorizationView);
  }

  /** POST-as-GET, or the response to the challenge (section 7.5.1). */
  async challenge(request: AccountRequest, id: string): Promise<Answer> {
    let authorization = await this.#find(id, request.account);
    if (request.payload.length === 0) {
      authorization = await this.validations.resume(authorization, request.account);
    } else {
      // dns-01 wants `{}`; what older clients still put into it is ignored.
      parseJsonObject(request.payload, 'challenge response');
      authorization = await this.validations.begin(authorization, request.account);
    }
    const answer = this.#answer(authorization, challengeView);
    return {
      ...answer,
      headers: { ...answer.headers, location: this.parts.urls.challenge(id) },
      links: [link(this.parts.urls.authorization(id), 'up')],
    };
  }

  async #find(id: string, account: Account): Promise<Authorization> {
    const found = await this.parts.store.authorizations.find(id);
    if (!found) throw notFound('No such authorization');
    if (found.accountId !== account.id) {
      throw refuse('unauthorized', "Account ID doesn't match ID for authorization");
    }
    return found;
  }

  #answer(authorization: Authorization, view: typeof authorizationView): Answer {
    const { urls, clock, options } = this.parts;
    const isProcessing = authorization.challenge.status === 'processing';
    return {
      status: 200,
      headers: isProcessing ? { 'retry-after': String(options.pollSeconds) } : {},
      json: view(authorization, clock.now(), urls),
    };
  }
}
