import 'reflect-metadata';
import { createHash, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type Extension,
  type JsonGeneralNames,
  type X509Certificate,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MILLISECONDS = 86_400_000;

/** A certificate with its keys: what signs the next one. */
export interface Holder {
  readonly certificate: X509Certificate;
  readonly keys: CryptoKeyPair;
}

export interface CertificateParts {
  readonly subject?: string;
  /** Absent: self-signed. */
  readonly issuer?: Holder;
  /** Hexadecimal. A leading 00 is kept, and put where the number would be negative without. */
  readonly serial?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly ca?: boolean;
  readonly dnsNames?: readonly string[];
  readonly otherNames?: JsonGeneralNames;
  readonly serverAuth?: boolean;
  /** Absent: the issuer's key; null: no such extension. */
  readonly authorityKeyIdentifier?: string | null;
}

type CryptoKeyPair = webcrypto.CryptoKeyPair;

/** Makes a certificate: of a leaf for TLS servers unless a part says otherwise, valid for a day around now. */
export async function aCertificate(parts: CertificateParts): Promise<Holder> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const names: JsonGeneralNames = [
    ...(parts.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(parts.otherNames ?? []),
  ];
  const extensions: Extension[] = [new BasicConstraintsExtension(parts.ca ?? false, undefined, true)];
  if (names.length > 0) extensions.push(new SubjectAlternativeNameExtension(names));
  if (parts.serverAuth ?? !parts.ca) extensions.push(new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]));
  if (typeof parts.authorityKeyIdentifier === 'string') {
    extensions.push(new AuthorityKeyIdentifierExtension(parts.authorityKeyIdentifier));
  } else if (parts.issuer && parts.authorityKeyIdentifier !== null) {
    extensions.push(await AuthorityKeyIdentifierExtension.create(parts.issuer.keys.publicKey, false));
  }
  const subject = parts.subject ?? 'CN=leaf';
  const certificate = await X509CertificateGenerator.create({
    serialNumber: parts.serial ?? '0a',
    subject,
    issuer: parts.issuer?.certificate.subject ?? subject,
    notBefore: parts.notBefore ?? new Date(Date.now() - DAY_MILLISECONDS / 2),
    notAfter: parts.notAfter ?? new Date(Date.now() + DAY_MILLISECONDS / 2),
    publicKey: keys.publicKey,
    signingKey: (parts.issuer?.keys ?? keys).privateKey,
    signingAlgorithm: ALGORITHM,
    extensions,
  });
  return { certificate, keys };
}

export function pemOf(...holders: readonly Holder[]): string {
  return holders.map(({ certificate }) => `${certificate.toString('pem')}\n`).join('');
}

/** SHA-256 of the SubjectPublicKeyInfo, lower-case hexadecimal. */
export function spkiSha256Of({ certificate }: Holder): string {
  return createHash('sha256').update(Buffer.from(certificate.publicKey.rawData)).digest('hex');
}
