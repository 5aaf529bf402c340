import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

import { isHostName, normalizeName } from '../../kernel/domain-name.js';
import { normalizeAddress, parseCidr, PRIVATE_RANGES, type Cidr } from '../../kernel/ip-address.js';
import type { AddressPolicy, ListenAddress, NameServer } from './app-config.js';

/** A value that is not what was expected; the message completes the sentence "expected …". */
export class Expected extends Error {}

export type Parser<T> = (text: string) => T;

export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

export function listOf<T>(parse: Parser<T>): Parser<T[]> {
  return (text) => {
    const parts = splitList(text);
    if (parts.length === 0) throw new Expected('a comma list with at least one entry');
    return parts.map(parse);
  };
}

export function parseListen(text: string): ListenAddress {
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<four>[^:]+)):(?<port>\d{1,5})$/.exec(text);
  const address = match?.groups?.['six'] ?? match?.groups?.['four'] ?? '';
  const port = Number(match?.groups?.['port']);
  const family = match?.groups?.['six'] === undefined ? 4 : 6;
  if (isIP(address) !== family || port > 65535) {
    throw new Expected('address:port with an IP address, such as 127.0.0.1:8080 or [::]:53');
  }
  return { address, port };
}

export function parseZone(text: string): string {
  if (!isHostName(text)) throw new Expected('domain names such as d.example.com');
  return normalizeName(text);
}

export function parseNameServer(text: string): NameServer {
  const expected = 'entries such as ns1.d.example.com=192.0.2.53 (several addresses: 192.0.2.53+2001:db8::53)';
  const [name = '', addresses = ''] = text.split('=', 2);
  if (!isHostName(name)) throw new Expected(expected);
  return {
    name: normalizeName(name),
    addresses: addresses
      .split('+')
      .filter((part) => part !== '')
      .map((part) => {
        const address = normalizeAddress(part.trim());
        if (!address) throw new Expected(expected);
        return address;
      }),
  };
}

export function parseMailAddress(text: string): string {
  const address = text.replace(/^mailto:/, '');
  if (!/^[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]+$/.test(address))
    throw new Expected('a mail address such as hostmaster@example.com');
  return address;
}

export function parseHttpUrl(text: string): string {
  try {
    const url = new URL(text);
    if ((url.protocol === 'https:' || url.protocol === 'http:') && !url.username && !url.search && !url.hash) {
      return url.href.replace(/\/+$/, '');
    }
  } catch {
    // falls through to the one message
  }
  throw new Expected('an http(s) URL without credentials, query or fragment, such as https://devices.example.com');
}

export function parseDirectoryUrl(text: string): string {
  if (text === 'sandbox') return text;
  try {
    const url = new URL(text);
    if (url.protocol === 'https:' && !url.username) return url.href;
  } catch {
    // falls through to the one message
  }
  throw new Expected("the https URL of an ACME directory, or 'sandbox'");
}

export function parsePostgresUrl(text: string): string {
  try {
    const url = new URL(text);
    if ((url.protocol === 'postgres:' || url.protocol === 'postgresql:') && url.pathname.length > 1) return text;
  } catch {
    // falls through to the one message
  }
  throw new Expected('postgres://user:password@host:port/database');
}

export function parseAddressPolicy(text: string): AddressPolicy {
  if (text === 'private') return { name: text, ranges: PRIVATE_RANGES };
  if (text === 'any') return { name: text };
  return { name: text, ranges: listOf(parseCidrEntry)(text) };
}

export function parseCidrEntry(text: string): Cidr {
  const cidr = parseCidr(text);
  if (!cidr)
    throw new Expected("CIDR ranges such as 10.0.0.0/8,fd00::/8 (or 'private' or 'any' where a policy is asked for)");
  return cidr;
}

export function parseInteger(minimum: number, maximum: number): Parser<number> {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
      throw new Expected(`a whole number from ${minimum} to ${maximum}`);
    }
    return value;
  };
}

/** `1/6` or `0.15`: a part of a whole, neither none nor all of it. */
export function parseFraction(text: string): number {
  const [dividend = '', divisor = '1', ...rest] = text.split('/');
  const value = Number(dividend) / Number(divisor);
  const isNumbers = [dividend, divisor].every((part) => /^\d+(\.\d+)?$/.test(part));
  if (rest.length > 0 || !isNumbers || !(value > 0 && value < 1)) {
    throw new Expected('a part between 0 and 1, such as 1/6 or 0.15');
  }
  return value;
}

export function oneOf<const T extends string>(...values: readonly T[]): Parser<T> {
  return (text) => {
    const value = values.find((candidate) => candidate === text);
    if (value === undefined) throw new Expected(`one of ${values.join(', ')}`);
    return value;
  };
}

export function parseSecretKey(text: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length !== 32 || !/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) {
    throw new Expected('32 octets in base64 (make one: openssl rand -base64 32)');
  }
  return key;
}

export function parseHmacKey(text: string): string {
  if (!/^[A-Za-z0-9_-]{22,}$/.test(text.replace(/=+$/, '')))
    throw new Expected('the base64url HMAC key that the CA gave out');
  return text.replace(/=+$/, '');
}

export function parseAdminToken(text: string): string {
  if (!/^[\x21-\x7e]{8,}$/.test(text))
    throw new Expected('at least 8 printable characters without spaces (make one: openssl rand -hex 32)');
  return text;
}

export function parseProfile(text: string): string {
  if (!/^[\x21-\x7e]{1,64}$/.test(text)) throw new Expected("the name of one of the CA's profiles, such as tlsserver");
  return text;
}

export function parseSmtpUrl(text: string): string {
  if (!/^smtps?:\/\/[^\s/]+/.test(text)) throw new Expected('smtp://user:password@host:port or smtps://…');
  return text;
}

/** A PEM file with at least one certificate; returns its path. */
export function parseCertificateFile(path: string): string {
  return readable(path, 'the path of a readable PEM file with at least one certificate', (content) =>
    content.includes('-----BEGIN CERTIFICATE-----'),
  );
}

/** One of the shipped limit tables, or the path of a JSON file. */
export function parseLimits(text: string): string {
  if (['letsencrypt', 'letsencrypt-staging', 'none'].includes(text)) return text;
  return readable(text, 'letsencrypt, letsencrypt-staging, none, or the path of a readable JSON file', (content) => {
    JSON.parse(content);
    return true;
  });
}

function readable(path: string, expected: string, check: (content: string) => boolean): string {
  let ok: boolean;
  try {
    ok = check(readFileSync(path, 'utf8'));
  } catch {
    ok = false;
  }
  if (!ok) throw new Expected(expected);
  return path;
}
