import {
  AcmeUnreachableError,
  type AcmeAuthorization,
  type AcmeOrder,
  type AcmeProblem,
  type AcmeRenewalInfo,
} from './acme-ca.js';
import type { AcmeAnswer } from './acme-answer.js';
import { readProblem } from './acme-problem.js';

type Json = Readonly<Record<string, unknown>>;

const ORDER_STATUSES = ['pending', 'ready', 'processing', 'valid', 'invalid'] as const;
const AUTHORIZATION_STATUSES = ['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked'] as const;
const CHALLENGE_STATUSES = ['pending', 'processing', 'valid', 'invalid'] as const;
/** At least 128 bits in base64url (RFC 8555 section 8.1); it goes into the digest of a TXT record as it stands. */
const TOKEN = /^[A-Za-z0-9_-]{22,}$/;

/** Reads an order object (RFC 8555 section 7.1.3); throws AcmeUnreachableError when it is not one. */
export function readOrder(answer: AcmeAnswer, url: string): AcmeOrder {
  const data = answer.json();
  const { certificate, expires } = data;
  const error = readProblem(data['error']);
  return {
    url,
    status: oneOf(ORDER_STATUSES, data, 'order'),
    ...(typeof expires === 'string' && { expires: time(expires, 'order') }),
    names: list(data, 'identifiers', 'order').map((identifier) => identifierName(identifier, 'order')),
    authorizationUrls: list(data, 'authorizations', 'order').map((item) => string(item, 'authorizations', 'order')),
    finalizeUrl: string(data['finalize'], 'finalize', 'order'),
    ...(typeof certificate === 'string' && { certificateUrl: certificate }),
    ...(error && { error }),
    ...retryAfter(answer),
  };
}

/**
 * Reads an authorization (RFC 8555 section 7.1.4) and its dns-01 challenge; `txtValueOf` gives the TXT record's value for
 * a token. Throws AcmeUnreachableError when it is not one.
 */
export async function readAuthorization(
  answer: AcmeAnswer,
  url: string,
  txtValueOf: (token: string) => Promise<string>,
): Promise<AcmeAuthorization> {
  const data = answer.json();
  const challenge = list(data, 'challenges', 'authorization').find(
    (item) => (item as Json | null)?.['type'] === 'dns-01',
  );
  return {
    url,
    status: oneOf(AUTHORIZATION_STATUSES, data, 'authorization'),
    name: identifierName(data['identifier'], 'authorization'),
    wildcard: data['wildcard'] === true,
    ...(challenge !== undefined && { dnsChallenge: await readChallenge(challenge as Json, txtValueOf) }),
    ...retryAfter(answer),
  };
}

async function readChallenge(
  data: Json,
  txtValueOf: (token: string) => Promise<string>,
): Promise<NonNullable<AcmeAuthorization['dnsChallenge']>> {
  const token = string(data['token'], 'token', 'challenge');
  if (!TOKEN.test(token)) throw notA('challenge', 'token');
  const error: AcmeProblem | undefined = readProblem(data['error']);
  return {
    url: string(data['url'], 'url', 'challenge'),
    status: oneOf(CHALLENGE_STATUSES, data, 'challenge'),
    token,
    txtValue: await txtValueOf(token),
    ...(error && { error }),
  };
}

/** Reads a renewalInfo object (RFC 9773 section 4.2). A window that ends before it starts counts as no answer. */
export function readRenewalInfo(answer: AcmeAnswer): AcmeRenewalInfo {
  const data = answer.json();
  const window = data['suggestedWindow'] as Json | undefined;
  const start = time(window?.['start'], 'renewalInfo');
  const end = time(window?.['end'], 'renewalInfo');
  if (end.getTime() <= start.getTime()) throw notA('renewalInfo', 'suggestedWindow');
  const explanationUrl = data['explanationURL'];
  return {
    start,
    end,
    ...(typeof explanationUrl === 'string' && { explanationUrl }),
    ...retryAfter(answer),
  };
}

function retryAfter(answer: AcmeAnswer): { retryAfterSeconds?: number } {
  return answer.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: answer.retryAfterSeconds };
}

function identifierName(identifier: unknown, what: string): string {
  const { type, value } = (identifier ?? {}) as Json;
  if (type !== 'dns' || typeof value !== 'string') throw notA(what, 'identifier');
  return value.toLowerCase();
}

function oneOf<Status extends string>(statuses: readonly Status[], data: Json, what: string): Status {
  const status = statuses.find((candidate) => candidate === data['status']);
  if (status === undefined) throw notA(what, 'status');
  return status;
}

function list(data: Json, field: string, what: string): readonly unknown[] {
  const value = data[field];
  if (!Array.isArray(value)) throw notA(what, field);
  return value as unknown[];
}

function string(value: unknown, field: string, what: string): string {
  if (typeof value !== 'string' || value === '') throw notA(what, field);
  return value;
}

function time(value: unknown, what: string): Date {
  const date = new Date(typeof value === 'string' ? value : Number.NaN);
  if (Number.isNaN(date.getTime())) throw notA(what, 'time');
  return date;
}

function notA(what: string, field: string): AcmeUnreachableError {
  return new AcmeUnreachableError(`the CA answered with something that is not an ACME ${what}: wrong ${field}`);
}
