import type { Account } from '../domain/account.js';
import { authorizationStatus, challengeStatus, type Authorization } from '../domain/authorization.js';
import { baseName, dnsIdentifier, isWildcard } from '../domain/identifier.js';
import { orderError, orderStatus, type OrderWithAuthorizations } from '../domain/order.js';
import { problemDocument } from '../domain/problem.js';
import type { Urls } from '../protocol/urls.js';

type Json = Record<string, unknown>;

/** RFC 8555 section 7.1.2. */
export function accountView(account: Account, urls: Urls): Json {
  return {
    status: account.status,
    ...(account.contacts.length > 0 ? { contact: account.contacts } : {}),
    orders: urls.orders(account.id),
    ...(account.externalAccount ? { externalAccountBinding: account.externalAccount.binding } : {}),
  };
}

/** RFC 8555 section 7.1.3, with `replaces` (RFC 9773 section 5) and `profile`. */
export function orderView(view: OrderWithAuthorizations, now: Date, urls: Urls): Json {
  const { order, authorizations } = view;
  const status = orderStatus(view, now);
  const error = status === 'invalid' ? orderError(view) : undefined;
  return {
    status,
    expires: timestamp(order.expiresAt),
    identifiers: order.names.map(dnsIdentifier),
    profile: order.profile,
    ...(order.replaces === undefined ? {} : { replaces: order.replaces }),
    authorizations: authorizations.map(({ id }) => urls.authorization(id)),
    finalize: urls.finalize(order.id),
    ...(order.certificateId === undefined ? {} : { certificate: urls.certificate(order.certificateId) }),
    ...(error ? { error: problemDocument(error) } : {}),
  };
}

/** RFC 8555 section 7.1.4. A wildcard's name is shown without `*.`. */
export function authorizationView(authorization: Authorization, now: Date, urls: Urls): Json {
  return {
    identifier: dnsIdentifier(baseName(authorization.identifier)),
    status: authorizationStatus(authorization, now),
    expires: timestamp(authorization.expiresAt),
    challenges: [challengeView(authorization, now, urls)],
    ...(isWildcard(authorization.identifier) ? { wildcard: true } : {}),
  };
}

/** RFC 8555 section 8.4. */
export function challengeView(authorization: Authorization, now: Date, urls: Urls): Json {
  const { token, validatedAt, error } = authorization.challenge;
  return {
    type: 'dns-01',
    url: urls.challenge(authorization.id),
    status: challengeStatus(authorization, now),
    token,
    ...(validatedAt ? { validated: timestamp(validatedAt) } : {}),
    ...(error ? { error: problemDocument(error) } : {}),
  };
}

/** RFC 3339 in whole seconds: some clients choke on fractions. */
export function timestamp(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
