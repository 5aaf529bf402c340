import { createHash } from 'node:crypto';

/** RFC 8555 section 9.7.7. `value` is lower case, and `*.` leads a wildcard. */
export interface Identifier {
  readonly type: 'dns';
  readonly value: string;
}

export function dnsIdentifier(value: string): Identifier {
  return { type: 'dns', value };
}

export function isWildcard(value: string): boolean {
  return value.startsWith('*.');
}

/** The name that is validated for an identifier: without `*.`. */
export function baseName(value: string): string {
  return isWildcard(value) ? value.slice(2) : value;
}

/** Lower case, each once, sorted: the form in which two orders' names are compared. */
export function normalizeNames(names: readonly string[]): readonly string[] {
  return [...new Set(names.map((name) => name.toLowerCase()))].toSorted();
}

/** Identifies an exact set of names, whatever their order, letter case or repetition. */
export function nameSetHash(names: readonly string[]): string {
  return createHash('sha256').update(normalizeNames(names).join(',')).digest('hex');
}

/** Does a certificate for `pattern` (perhaps a wildcard) cover the identifier `value` (RFC 6125 section 6.4.3)? */
export function covers(pattern: string, value: string): boolean {
  if (pattern === value) return true;
  if (!isWildcard(pattern) || isWildcard(value)) return false;
  const dot = value.indexOf('.');
  return dot > 0 && value.slice(dot + 1) === baseName(pattern);
}
