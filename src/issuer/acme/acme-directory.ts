import { AcmeUnreachableError } from './acme-ca.js';

/** The directory object (RFC 8555 section 7.1.1), with RFC 9773's renewalInfo and the profiles draft. */
export interface AcmeDirectoryDocument {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly revokeCert: string;
  readonly keyChange: string;
  readonly renewalInfo?: string;
  readonly meta: {
    readonly termsOfService?: string;
    readonly website?: string;
    readonly caaIdentities: readonly string[];
    readonly externalAccountRequired: boolean;
    /** Name → description. */
    readonly profiles: Readonly<Record<string, string>>;
  };
}

/** Reads a directory; throws AcmeUnreachableError naming what is missing. */
export function readDirectory(data: Readonly<Record<string, unknown>>, url: string): AcmeDirectoryDocument {
  const endpoint = (name: string): string => {
    const value = data[name];
    if (typeof value !== 'string') throw new AcmeUnreachableError(`${url} is not an ACME directory: no ${name} in it`);
    return value;
  };
  const { renewalInfo } = data;
  const meta = objectOrEmpty(data['meta']);
  return {
    newNonce: endpoint('newNonce'),
    newAccount: endpoint('newAccount'),
    newOrder: endpoint('newOrder'),
    revokeCert: endpoint('revokeCert'),
    keyChange: endpoint('keyChange'),
    ...(typeof renewalInfo === 'string' && { renewalInfo }),
    meta: {
      ...(typeof meta['termsOfService'] === 'string' && { termsOfService: meta['termsOfService'] }),
      ...(typeof meta['website'] === 'string' && { website: meta['website'] }),
      caaIdentities: Array.isArray(meta['caaIdentities']) ? meta['caaIdentities'].filter(isString) : [],
      externalAccountRequired: meta['externalAccountRequired'] === true,
      profiles: Object.fromEntries(
        Object.entries(objectOrEmpty(meta['profiles'])).map(([name, text]) => [name, isString(text) ? text : '']),
      ),
    },
  };
}

function objectOrEmpty(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}
