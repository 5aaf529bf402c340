import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import type { AcmeConfig, CaConfig, FallbackConfig } from './app-config.js';
import type { Environment } from './environment.js';
import * as parse from './parsers.js';

const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';
const LETS_ENCRYPT_STAGING = 'https://acme-staging-v02.api.letsencrypt.org/directory';

const DEFAULT_FALLBACK_SECONDS = 1800;
const SECONDS_OF = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** What FLEETCERT_ACME_CAS adds to the CA of the other variables. */
export interface CaListFile {
  readonly first: Pick<AcmeConfig, 'name' | 'caaIdentities' | 'staging'>;
  readonly others: readonly CaConfig[];
  readonly fallback: FallbackConfig;
}

/** The shipped table of limits for a directory's URL. */
export function defaultLimits(directoryUrl: string): string {
  if (directoryUrl === LETS_ENCRYPT) return 'letsencrypt';
  return directoryUrl === LETS_ENCRYPT_STAGING ? 'letsencrypt-staging' : 'none';
}

/**
 * Reads the file of CAs:
 *
 *     { "fallbackAfter": "30m", "newDeviceWait": "14d",
 *       "first": { "name": "Let's Encrypt", "caa": [], "staging": { "directory": "https://…" } },
 *       "others": [ { "name": "Google", "directory": "https://…", "caFile": "ca.pem", "contact": "ops@example.com",
 *                     "eab": { "kid": "…", "hmacKeyFile": "google.hmac" }, "profile": "…", "limits": "google.json",
 *                     "caa": ["pki.goog"], "staging": { … } } ] }
 *
 * Everything but `name` and `directory` of an entry is optional. Paths are relative to the file. `environment` holds the
 * variables that `hmacKeyEnv` names.
 * @throws Expected with every wrong field; never with the value of a secret
 */
export function readCaListFile(path: string, environment: Environment): CaListFile {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new parse.Expected(`the path of a readable JSON file of CAs (${(error as Error).message})`);
  }
  const reader = new CaListReader(dirname(path), environment);
  const list = reader.list(value);
  if (reader.problems.length > 0) {
    const count = reader.problems.length === 1 ? 'a wrong field' : `${reader.problems.length} wrong fields`;
    throw new parse.Expected(`a file of CAs, and it has ${count}: ${reader.problems.join('; ')}`);
  }
  return list;
}

type Fields = Readonly<Record<string, unknown>>;

const CA_FIELDS = ['name', 'directory', 'caFile', 'contact', 'eab', 'profile', 'limits', 'caa'] as const;

/** Collects what is wrong with all fields, so that a file is mended in one go. */
class CaListReader {
  readonly problems: string[] = [];

  constructor(
    private readonly directory: string,
    private readonly environment: Environment,
  ) {}

  list(value: unknown): CaListFile {
    const fields = this.#object(value, '', ['first', 'others', 'fallbackAfter', 'newDeviceWait']);
    const others = fields['others'] ?? [];
    if (!Array.isArray(others)) this.#fail('others', 'expected an array of CAs');
    const list = {
      first: this.#first(fields['first']),
      others: Array.isArray(others)
        ? others.map((entry: unknown, index) => this.#ca(entry, `others[${index}]`, undefined))
        : [],
      fallback: this.#fallback(fields),
    };
    const names = [list.first.name, ...list.others.map(({ name }) => name)];
    const twice = names.find((name, index) => name !== undefined && names.indexOf(name) !== index);
    if (twice) this.#fail('others', `expected a name of its own for each CA; ${JSON.stringify(twice)} stands twice`);
    return list;
  }

  #first(value: unknown): CaListFile['first'] {
    if (value === undefined) return {};
    const fields = this.#object(value, 'first', ['name', 'caa', 'staging']);
    const name = this.#text(fields, 'first', 'name', (text) => text);
    return {
      ...(name !== undefined && { name }),
      ...this.#caa(fields, 'first'),
      ...this.#staging(fields, 'first', { name: name ?? 'the first CA' }),
    };
  }

  /** @param production of a staging: the CA, after which it is named by default */
  #ca(value: unknown, field: string, production: Pick<CaConfig, 'name'> | undefined): CaConfig {
    const fields = this.#object(value, field, production ? CA_FIELDS : [...CA_FIELDS, 'staging']);
    const name =
      this.#text(fields, field, 'name', (text) => text) ?? (production?.name && `${production.name} (staging)`);
    if (name === undefined && fields['name'] === undefined)
      this.#fail(`${field}.name`, 'needed: how people call this CA');
    const directoryUrl = this.#text(fields, field, 'directory', directoryUrlOf);
    if (fields['directory'] === undefined) this.#fail(`${field}.directory`, "needed: the URL of the CA's directory");
    const caFile = this.#path(fields, field, 'caFile', parse.parseCertificateFile);
    const contact = this.#text(fields, field, 'contact', parse.parseMailAddress);
    const profile = this.#text(fields, field, 'profile', parse.parseProfile);
    const externalAccount = this.#externalAccount(fields['eab'], `${field}.eab`);
    const ca = { name: name ?? '', directoryUrl: directoryUrl ?? '' };
    return {
      ...ca,
      ...(profile !== undefined && { profile }),
      ...(caFile !== undefined && { caFile }),
      ...(contact !== undefined && { contact }),
      ...(externalAccount !== undefined && { externalAccount }),
      limits: this.#limits(fields, field) ?? defaultLimits(ca.directoryUrl),
      ...this.#caa(fields, field),
      ...(production === undefined && this.#staging(fields, field, ca)),
    };
  }

  #staging(fields: Fields, field: string, production: Pick<CaConfig, 'name'>): { readonly staging?: CaConfig } {
    if (fields['staging'] === undefined) return {};
    return { staging: this.#ca(fields['staging'], `${field}.staging`, production) };
  }

  #externalAccount(value: unknown, field: string): CaConfig['externalAccount'] {
    if (value === undefined) return undefined;
    const fields = this.#object(value, field, ['kid', 'hmacKeyFile', 'hmacKeyEnv']);
    const kid = this.#text(fields, field, 'kid', (text) => text);
    if (fields['kid'] === undefined) this.#fail(`${field}.kid`, 'needed: the key identifier that the CA gave out');
    const hmacKey = this.#hmacKey(fields, field);
    return kid !== undefined && hmacKey !== undefined ? { kid, hmacKey } : undefined;
  }

  #hmacKey(fields: Fields, field: string): string | undefined {
    if ((fields['hmacKeyFile'] === undefined) === (fields['hmacKeyEnv'] === undefined)) {
      return this.#fail(
        field,
        'expected either hmacKeyFile, a file with the HMAC key, or hmacKeyEnv, the name of a variable',
      );
    }
    const variable = this.#text(fields, field, 'hmacKeyEnv', (text) => text);
    const file = this.#text(fields, field, 'hmacKeyFile', (text) => resolve(this.directory, text));
    const name = variable === undefined ? 'hmacKeyFile' : 'hmacKeyEnv';
    try {
      const text = variable === undefined ? file && readFileSync(file, 'utf8') : (this.environment[variable] ?? '');
      return text === undefined ? undefined : parse.parseHmacKey(text.trim());
    } catch {
      return this.#fail(`${field}.${name}`, 'expected to find the base64url HMAC key that the CA gave out there');
    }
  }

  #limits(fields: Fields, field: string): string | undefined {
    return this.#text(fields, field, 'limits', (text) =>
      parse.parseLimits(
        ['letsencrypt', 'letsencrypt-staging', 'none'].includes(text) ? text : resolve(this.directory, text),
      ),
    );
  }

  #caa(fields: Fields, field: string): { readonly caaIdentities?: readonly string[] } {
    const value = fields['caa'];
    if (value === undefined) return {};
    const isNames =
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((name) => typeof name === 'string' && IDENTITY.test(name));
    if (!isNames) {
      this.#fail(
        `${field}.caa`,
        'expected an array of the names that the CA goes by in CAA records, such as ["pki.goog"]',
      );
      return {};
    }
    return { caaIdentities: value as string[] };
  }

  #fallback(fields: Fields): FallbackConfig {
    const afterSeconds = this.#text(fields, '', 'fallbackAfter', seconds) ?? DEFAULT_FALLBACK_SECONDS;
    const newDeviceWaitSeconds = this.#text(fields, '', 'newDeviceWait', seconds);
    return { afterSeconds, ...(newDeviceWaitSeconds !== undefined && { newDeviceWaitSeconds }) };
  }

  #path(fields: Fields, field: string, name: string, check: parse.Parser<string>): string | undefined {
    return this.#text(fields, field, name, (text) => check(resolve(this.directory, text)));
  }

  #text<T>(fields: Fields, field: string, name: string, read: parse.Parser<T>): T | undefined {
    const value = fields[name];
    const whole = field === '' ? name : `${field}.${name}`;
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value.trim() === '') return this.#fail(whole, 'expected a text that is not empty');
    try {
      return read(value.trim());
    } catch (error) {
      if (!(error instanceof parse.Expected)) throw error;
      return this.#fail(whole, `expected ${error.message}`);
    }
  }

  #object(value: unknown, field: string, known: readonly string[]): Fields {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.#fail(field, 'expected an object');
      return {};
    }
    for (const name of Object.keys(value)) {
      if (!known.includes(name)) {
        this.#fail(field === '' ? name : `${field}.${name}`, `unknown; expected one of ${known.join(', ')}`);
      }
    }
    return value as Fields;
  }

  #fail(field: string, detail: string): undefined {
    this.problems.push(`${field || 'the file'}: ${detail}`);
    return undefined;
  }
}

/** RFC 8659 section 4.2: an issuer's domain name. */
const IDENTITY = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$/;

function directoryUrlOf(text: string): string {
  if (text === 'sandbox') throw new parse.Expected('the https URL of an ACME directory');
  return parse.parseDirectoryUrl(text);
}

function seconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text);
  const value = match ? Number(match[1]) * SECONDS_OF[match[2] as keyof typeof SECONDS_OF] : 0;
  if (value <= 0) throw new parse.Expected('a duration such as "90s", "30m", "12h" or "14d"');
  return value;
}
