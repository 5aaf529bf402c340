import { getDomain } from 'tldts';

import { addressBytes, addressFamily, addressFromBytes } from '../../kernel/ip-address.js';
import { baseName, nameSetHash } from './identifier.js';
import type { LimitExemption } from './order.js';
import { limitTransaction, type LimitSettings, type LimitTransaction } from './rate-limits.js';

/** An order as far as limits are concerned. */
export interface LimitedOrder {
  readonly accountId: string;
  readonly names: readonly string[];
  readonly exemption: LimitExemption;
}

/**
 * What newOrder has to pass: new orders is spent here, what is counted at issuance or failure is only checked.
 * A renewal by ARI passes everything; one by its names passes new orders and the per-domain limit.
 */
export function newOrderTransactions(settings: LimitSettings, order: LimitedOrder): readonly LimitTransaction[] {
  const { accountId, names, exemption } = order;
  if (exemption === 'ari') return [];
  return [
    ...(exemption === 'none' ? limitTransaction(settings, 'newOrdersPerAccount', accountId, 'check-and-spend') : []),
    ...names.flatMap((name) =>
      limitTransaction(settings, 'failedAuthorizations', nameAndAccount(accountId, name), 'check', name),
    ),
    ...(exemption === 'none' ? perDomain(settings, names, 'check') : []),
    ...limitTransaction(settings, 'certificatesPerExactSet', nameSetHash(names), 'check'),
  ];
}

/** What an issued certificate spends. */
export function issuanceTransactions(settings: LimitSettings, order: LimitedOrder): readonly LimitTransaction[] {
  const { names, exemption } = order;
  return [
    ...(exemption === 'none' ? perDomain(settings, names, 'spend') : []),
    ...limitTransaction(settings, 'certificatesPerExactSet', nameSetHash(names), 'spend'),
  ];
}

/** What a failed validation spends. */
export function failureTransactions(
  settings: LimitSettings,
  accountId: string,
  name: string,
): readonly LimitTransaction[] {
  return limitTransaction(settings, 'failedAuthorizations', nameAndAccount(accountId, name), 'spend', name);
}

/** The count of failures in a row; when it refuses, the name is paused for the account. */
export function pausingTransactions(
  settings: LimitSettings,
  accountId: string,
  name: string,
): readonly LimitTransaction[] {
  const subject = nameAndAccount(accountId, name);
  return limitTransaction(settings, 'consecutiveFailedAuthorizations', subject, 'check-and-spend', name);
}

/** `remoteAddress` is normalized. An IPv6 address counts for its /48 as well. */
export function newAccountTransactions(settings: LimitSettings, remoteAddress: string): readonly LimitTransaction[] {
  const perAddress = limitTransaction(settings, 'newAccountsPerAddress', remoteAddress, 'check-and-spend');
  if (addressFamily(remoteAddress) === 4) return perAddress;
  const range = `${addressFromBytes(addressBytes(remoteAddress).map((octet, index) => (index < 6 ? octet : 0)))}/48`;
  return [...perAddress, ...limitTransaction(settings, 'newAccountsPerIpv6Range', range, 'check-and-spend')];
}

function nameAndAccount(accountId: string, name: string): string {
  return `${accountId}:${name}`;
}

function perDomain(
  settings: LimitSettings,
  names: readonly string[],
  mode: LimitTransaction['mode'],
): readonly LimitTransaction[] {
  const domains = new Set(names.map(registeredDomain));
  return [...domains].flatMap((domain) => limitTransaction(settings, 'certificatesPerDomain', domain, mode));
}

/**
 * The domain that was registered, by the Public Suffix List with its private part, as Boulder counts; a public suffix
 * itself counts for itself.
 */
export function registeredDomain(name: string): string {
  const base = baseName(name);
  return getDomain(base, { allowPrivateDomains: true }) ?? base;
}
