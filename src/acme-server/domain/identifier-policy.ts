import { domainToUnicode } from 'node:url';

import { parse } from 'tldts';

import { normalizeAddress } from '../../kernel/ip-address.js';
import { baseName, dnsIdentifier, isWildcard, normalizeNames } from './identifier.js';
import { AcmeRefusal, refuse, withContext, type ProblemType, type Subproblem } from './problem.js';

export interface IdentifierPolicy {
  /** Identifiers in one order. */
  readonly maxNames: number;
  /** Only names below a public suffix of the Public Suffix List, as a public CA must. */
  readonly publicSuffixRequired: boolean;
}

const MAX_LABELS = 10;
const LABEL = /^[a-z0-9-]+$/;

/**
 * The identifiers of a newOrder request (RFC 8555 section 7.4): lower case, each once, sorted.
 * Throws the refusal of the whole request, with a subproblem for each identifier when several are wrong.
 */
export function readIdentifiers(value: unknown, policy: IdentifierPolicy): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw refuse('malformed', 'NewOrder request did not specify any identifiers');
  }
  const names = normalizeNames(value.map(readIdentifier));
  if (names.length > policy.maxNames) {
    throw refuse('malformed', `Order cannot contain more than ${policy.maxNames} identifiers`);
  }
  const rejections = names.flatMap((name): Subproblem[] => {
    const rejection = rejectName(name, policy);
    return rejection ? [{ ...rejection, identifier: dnsIdentifier(name) }] : [];
  });
  if (rejections.length > 0) throw withContext('Invalid identifiers requested', rejectedIdentifiers(rejections));
  return names;
}

function readIdentifier(entry: unknown): string {
  const { type, value } = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
  if (typeof type !== 'string' || typeof value !== 'string') {
    throw refuse('malformed', 'NewOrder request included an identifier without a type or a value');
  }
  if (type !== 'dns') {
    throw refuse(
      'unsupportedIdentifier',
      `NewOrder request included unsupported identifier: type ${JSON.stringify(type)}, value ${JSON.stringify(value.slice(0, 253))}`,
    );
  }
  if (value === '') throw refuse('malformed', 'NewOrder request included empty identifier');
  return value;
}

/** One refusal for one or several rejected identifiers, worded as Boulder does it. */
export function rejectedIdentifiers(rejections: readonly Subproblem[]): AcmeRefusal {
  const [first] = rejections;
  if (!first) throw new Error('no rejection to report');
  const detail = `Cannot issue for ${JSON.stringify(first.identifier.value)}: ${first.detail}`;
  if (rejections.length === 1) return refuse('rejectedIdentifier', detail);
  return refuse(
    'rejectedIdentifier',
    `${detail} (and ${rejections.length - 1} more problems. Refer to sub-problems for more information.)`,
    { subproblems: rejections },
  );
}

interface Rejection {
  readonly type: ProblemType;
  readonly detail: string;
}

const malformed = (detail: string): Rejection => ({ type: 'malformed', detail });

/** Why no certificate can hold the lower-case name, or undefined when one can. The sentences are Boulder's. */
export function rejectName(name: string, policy: IdentifierPolicy): Rejection | undefined {
  if (name.includes('*')) {
    if (name.indexOf('*') !== name.lastIndexOf('*')) return malformed('Domain name has more than one wildcard');
    if (!isWildcard(name)) {
      return malformed(
        'Domain name contains an invalid wildcard. A wildcard is only permitted before the first dot in a domain name',
      );
    }
  }
  const base = baseName(name);
  if (!/^[a-z0-9.-]*$/.test(base)) return malformed('Domain name contains an invalid character');
  if (base.length > 253) return malformed('Domain name is longer than 253 bytes');
  if (normalizeAddress(base) !== undefined)
    return malformed('The ACME server can not issue a certificate for an IP address');
  if (base.endsWith('.')) return malformed('Domain name ends in a dot');
  const labels = base.split('.');
  if (labels.length > MAX_LABELS) return malformed(`Domain name has more than ${MAX_LABELS} labels (parts)`);
  if (labels.length < 2) return malformed('Domain name needs at least one dot');
  return firstOf(labels, rejectLabel) ?? rejectSuffix(base, isWildcard(name), policy);
}

function firstOf<Item, Result>(items: readonly Item[], find: (item: Item) => Result | undefined): Result | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function rejectLabel(label: string): Rejection | undefined {
  if (label === '') return malformed('Domain name can not have two dots in a row');
  if (label.length > 63) return malformed('Domain has a label (component between dots) longer than 63 bytes');
  if (!LABEL.test(label) || label.startsWith('-') || label.endsWith('-')) {
    return malformed('Domain name contains an invalid character');
  }
  if (label.slice(2, 4) !== '--') return undefined;
  if (!label.startsWith('xn--')) {
    // RFC 5890 section 2.3.1: hyphens in the third and fourth place are reserved.
    return {
      type: 'rejectedIdentifier',
      detail: "Domain name contains an invalid label in a reserved format (R-LDH: '??--')",
    };
  }
  // What is no punycode comes back as it was.
  return domainToUnicode(label) === label ? malformed('Domain name contains malformed punycode') : undefined;
}

function rejectSuffix(base: string, wildcard: boolean, policy: IdentifierPolicy): Rejection | undefined {
  if (!policy.publicSuffixRequired) return undefined;
  // For a top level domain that the list does not know, tldts falls back to the last label: hence isIcann.
  const { isIcann, publicSuffix } = parse(base, { allowPrivateDomains: false });
  if (!isIcann) return malformed('Domain name does not end with a valid public suffix (TLD)');
  if (publicSuffix === base) {
    return malformed(wildcard ? 'Domain name is a wildcard for an ICANN TLD' : 'Domain name is an ICANN TLD');
  }
  return undefined;
}
