import { createHash } from 'node:crypto';

import type { Account } from '../domain/account.js';
import { authorizationStatus, type Authorization } from '../domain/authorization.js';
import { failureTransactions, pausingTransactions } from '../domain/limit-transactions.js';
import { notFound, refuse } from '../domain/problem.js';
import type { AcmeServerParts } from '../protocol/context.js';
import type { Limiter } from '../protocol/limiter.js';

type ValidationParts = Pick<
  AcmeServerParts,
  'store' | 'validator' | 'urls' | 'clock' | 'options' | 'validations' | 'log'
>;

/** Has challenges validated, in the background, and counts the failures. */
export class Validations {
  constructor(
    private readonly parts: ValidationParts,
    private readonly limiter: Limiter,
  ) {}

  /** The client says that it is ready (RFC 8555 section 7.5.1). What is valid already stays as it is. */
  async begin(authorization: Authorization, account: Account): Promise<Authorization> {
    const status = authorizationStatus(authorization, this.parts.clock.now());
    if (status === 'valid') return authorization;
    if (status !== 'pending') {
      throw refuse('malformed', `Unable to update challenge :: authorization must be pending, it is ${status}`);
    }
    return this.#claim(authorization, account);
  }

  /** Takes over a validation whose process died; anything else is left alone. */
  async resume(authorization: Authorization, account: Account): Promise<Authorization> {
    return authorization.challenge.status === 'processing' ? this.#claim(authorization, account) : authorization;
  }

  async #claim(authorization: Authorization, account: Account): Promise<Authorization> {
    const { store, clock, options, validations } = this.parts;
    const { id } = authorization;
    if (await store.authorizations.claimValidation(id, clock.now(), options.leaseSeconds)) {
      void validations.run(`validation of ${authorization.identifier}`, () => this.#validate(authorization, account));
    }
    const present = await store.authorizations.find(id);
    if (!present) throw notFound('No such authorization');
    return present;
  }

  async #validate({ id, identifier, challenge }: Authorization, account: Account): Promise<void> {
    const { store, validator, urls, clock, log } = this.parts;
    // RFC 8555 section 8.1 and 8.4.
    const keyAuthorization = `${challenge.token}.${account.thumbprint}`;
    const outcome = await validator.validate({
      identifier,
      txtValue: createHash('sha256').update(keyAuthorization).digest('base64url'),
      accountUrl: urls.account(account.id),
    });
    if (!(await store.authorizations.finishValidation(id, outcome, clock.now()))) return;
    log.info('validation finished', {
      identifier,
      ...(outcome.valid ? { valid: true } : { problem: outcome.problem }),
    });
    if (outcome.valid) await this.limiter.reset(this.#pausing(account.id, identifier));
    else await this.#countFailure(account.id, identifier);
  }

  async #countFailure(accountId: string, identifier: string): Promise<void> {
    const { store, options, clock, log } = this.parts;
    await this.limiter.trySpend(failureTransactions(options.limits, accountId, identifier));
    if (await this.limiter.trySpend(this.#pausing(accountId, identifier))) return;
    await store.limits.pause(accountId, identifier, clock.now());
    log.info('name paused after too many failures in a row', { accountId, identifier });
  }

  #pausing(accountId: string, identifier: string): ReturnType<typeof pausingTransactions> {
    return pausingTransactions(this.parts.options.limits, accountId, identifier);
  }
}
