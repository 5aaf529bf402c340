import { addSeconds } from '../../kernel/clock.js';
import type { Account } from '../domain/account.js';
import type { Authorization } from '../domain/authorization.js';
import { dnsIdentifier, nameSetHash } from '../domain/identifier.js';
import { readIdentifiers, rejectedIdentifiers } from '../domain/identifier-policy.js';
import { parseJsonObject } from '../domain/jws.js';
import { pausedRefusal } from '../domain/limit-refusal.js';
import { newOrderTransactions } from '../domain/limit-transactions.js';
import type { LimitExemption } from '../domain/order.js';
import { refuse, withContext, type Subproblem } from '../domain/problem.js';
import type { Profile } from '../domain/profile.js';
import type { OrderCreation } from '../ports/acme-store.js';
import { newId, type AcmeServerParts } from '../protocol/context.js';
import type { Answer } from '../protocol/http.js';
import type { Limiter } from '../protocol/limiter.js';
import type { AccountRequest } from '../protocol/request-verifier.js';
import { alreadyReplaced, readReplacement, type Replacement } from './replacement.js';
import { orderView } from './views.js';

/** An authorization that ends sooner than this is not worth being used again. */
const MIN_REUSE_SECONDS = 60;

interface WantedOrder {
  readonly account: Account;
  readonly names: readonly string[];
  readonly profileName: string;
  readonly profile: Profile;
  readonly replacement?: Replacement;
  readonly exemption: LimitExemption;
  /** Identifiers whose control needs no proof. */
  readonly granted: ReadonlySet<string>;
}

/** newOrder (RFC 8555 section 7.4), with `profile` and `replaces`. */
export class NewOrderResource {
  constructor(
    private readonly parts: Pick<AcmeServerParts, 'store' | 'policy' | 'urls' | 'clock' | 'options'>,
    private readonly limiter: Limiter,
  ) {}

  async create(request: AccountRequest): Promise<Answer> {
    const wanted = await this.#read(request);
    const transactions = newOrderTransactions(this.parts.options.limits, {
      accountId: wanted.account.id,
      names: wanted.names,
      exemption: wanted.exemption,
    });
    await this.limiter.spend(transactions);
    let creation: OrderCreation;
    try {
      creation = await this.#keep(wanted);
      if (creation.kind === 'already-replaced') throw alreadyReplaced(wanted.replacement?.serial ?? '');
    } catch (error) {
      await this.limiter.refund(transactions);
      throw error;
    }
    const { urls, clock } = this.parts;
    return {
      status: 201,
      headers: { location: urls.order(creation.order.order.id) },
      json: orderView(creation.order, clock.now(), urls),
    };
  }

  async #read({ account, payload }: AccountRequest): Promise<WantedOrder> {
    const { options } = this.parts;
    const body = parseJsonObject(payload, 'NewOrder request body');
    if (isGiven(body['notBefore']) || isGiven(body['notAfter'])) {
      throw refuse('malformed', 'NotBefore and NotAfter are not supported');
    }
    const names = readIdentifiers(body['identifiers'], options);
    const { profileName, profile } = this.#readProfile(body['profile']);
    if (names.length > profile.maxNames) {
      throw withContext(
        'Error creating new order',
        refuse(
          'malformed',
          `Order cannot contain more than ${profile.maxNames} identifiers under profile ${JSON.stringify(profileName)}`,
        ),
      );
    }
    const granted = await this.#decide(account, names);
    const paused = await this.parts.store.limits.paused(account.id, names);
    if (paused.length > 0) throw pausedRefusal(paused, options.unpauseUrl);
    const replacement = await readReplacement(body['replaces'], account, names, this.parts);
    const exemption = replacement?.withinWindow ? 'ari' : (await this.#isRenewal(names)) ? 'renewal' : 'none';
    return { account, names, profileName, profile, exemption, granted, ...(replacement ? { replacement } : {}) };
  }

  #readProfile(value: unknown): { profileName: string; profile: Profile } {
    const { profiles, defaultProfile } = this.parts.options;
    const profileName = isGiven(value) ? value : defaultProfile;
    const profile =
      typeof profileName === 'string' && Object.hasOwn(profiles, profileName) ? profiles[profileName] : undefined;
    if (!profile || typeof profileName !== 'string') {
      throw refuse('invalidProfile', `profile name ${JSON.stringify(profileName)?.slice(0, 100)} not recognized`);
    }
    return { profileName, profile };
  }

  async #decide(account: Account, names: readonly string[]): Promise<ReadonlySet<string>> {
    const decisions = await this.parts.policy.decide(account, names);
    const refused = names.flatMap((name, index): Subproblem[] => {
      const decision = decisions[index];
      if (decision?.kind !== 'refused') return [];
      return [{ type: 'rejectedIdentifier', detail: decision.detail, identifier: dnsIdentifier(name) }];
    });
    if (refused.length > 0) throw withContext('Error creating new order', rejectedIdentifiers(refused));
    return new Set(names.filter((_, index) => decisions[index]?.kind === 'granted'));
  }

  #isRenewal(names: readonly string[]): Promise<boolean> {
    const since = addSeconds(this.parts.clock.now(), -this.parts.options.renewalExemptionSeconds);
    return this.parts.store.certificates.existsForNames(nameSetHash(names), since);
  }

  async #keep(wanted: WantedOrder): Promise<OrderCreation> {
    const { store, clock } = this.parts;
    const { account, names, profile, replacement } = wanted;
    const now = clock.now();
    const reusable = new Map(
      (await store.authorizations.findValid(account.id, names, addSeconds(now, MIN_REUSE_SECONDS))).map(
        (authorization) => [authorization.identifier, authorization],
      ),
    );
    const authorizations = names.map((name) => reusable.get(name) ?? newAuthorization(wanted, name, now));
    // An order that outlived one of its authorizations could never be finalized.
    const expiries = [addSeconds(now, profile.orderSeconds), ...authorizations.map(({ expiresAt }) => expiresAt)];
    return store.orders.create(
      {
        id: newId(),
        accountId: account.id,
        names,
        profile: wanted.profileName,
        exemption: wanted.exemption,
        createdAt: now,
        expiresAt: new Date(Math.min(...expiries.map((time) => time.getTime()))),
        authorizationIds: authorizations.map(({ id }) => id),
        ...(replacement ? { replaces: replacement.certId } : {}),
      },
      authorizations.filter(({ identifier }) => !reusable.has(identifier)),
      now,
    );
  }
}

function newAuthorization({ account, profile, granted }: WantedOrder, identifier: string, now: Date): Authorization {
  const isGranted = granted.has(identifier);
  const seconds = isGranted ? profile.authorizationReuseSeconds : profile.pendingAuthorizationSeconds;
  return {
    id: newId(),
    accountId: account.id,
    identifier,
    status: isGranted ? 'valid' : 'pending',
    expiresAt: addSeconds(now, seconds),
    validSeconds: profile.authorizationReuseSeconds,
    // 32 octets: RFC 8555 section 8.1 asks for at least 128 bits of entropy.
    challenge: isGranted
      ? { token: newId() + newId(), status: 'valid', validatedAt: now }
      : { token: newId() + newId(), status: 'pending' },
  };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
