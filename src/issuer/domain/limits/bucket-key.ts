import { createHash } from 'node:crypto';

import type { LimitName } from './limit-name.js';

/** `<limit>:<subject>`: the primary key of a bucket, among the buckets of one CA. */
export type BucketKey = string;

export function bucketKey(limit: LimitName, subject: string): BucketKey {
  return `${limit}:${subject}`;
}

/** The limit and the subject of a key that `bucketKey` made. */
export function splitBucketKey(key: BucketKey): { readonly limit: LimitName; readonly subject: string } {
  const colon = key.indexOf(':');
  return { limit: key.slice(0, colon) as LimitName, subject: key.slice(colon + 1) };
}

/** The exact set of names: lower-case hex SHA-256, whatever their order, case and repetition. */
export function exactSetSubject(names: readonly string[]): string {
  const sorted = [...new Set(names.map((name) => name.toLowerCase()))].toSorted();
  return createHash('sha256').update(sorted.join('\0')).digest('hex');
}

/** A name and the account: an authorization for a wildcard counts for the name below the `*.`. */
export function nameAndAccountSubject(name: string, account: string): string {
  return `${name.startsWith('*.') ? name.slice(2) : name}@${account}`;
}
