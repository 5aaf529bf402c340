import { X509Certificate } from 'node:crypto';

/** What people want to know of a certificate and its row does not hold. */
export interface CertificateDetails {
  /** Upper-case hexadecimal in pairs, as browsers show it. */
  readonly serial: string;
  /** The issuer's name in one line, most specific first. */
  readonly issuer: string;
  /** `EC P-256`, `RSA 2048`. */
  readonly key: string;
  /** The subject's name in one line; empty where the certificate has names only. */
  readonly subject: string;
  /** What it may be used for: `TLS server`, `TLS client`, or an OID. */
  readonly purposes: readonly string[];
  /** Where the issuer's certificate and OCSP answers are, as the certificate says. */
  readonly locations: readonly string[];
  /** SHA-256 of the leaf, upper-case hexadecimal in pairs. */
  readonly fingerprint: string;
  /** Common names of the certificates that were sent with it, nearest first. */
  readonly chain: readonly string[];
}

const CURVES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

const PURPOSES: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'TLS server',
  '1.3.6.1.5.5.7.3.2': 'TLS client',
};

/** @param pem the chain, leaf first */
export function certificateDetails(pem: string): CertificateDetails {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const [leaf, ...rest] = blocks.map((block) => new X509Certificate(block));
  if (!leaf) throw new Error('The stored chain holds no certificate.');
  return {
    serial: pairs(leaf.serialNumber),
    issuer: oneLine(leaf.issuer),
    subject: oneLine(leaf.subject ?? ''),
    purposes: (leaf.keyUsage ?? []).map((oid) => PURPOSES[oid] ?? oid),
    locations: (leaf.infoAccess ?? '').split('\n').filter((line) => line !== ''),
    key: keyOf(leaf),
    fingerprint: leaf.fingerprint256,
    chain: rest.map(({ subject }) => oneLine(subject)),
  };
}

function keyOf({ publicKey }: X509Certificate): string {
  const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) return `RSA ${modulusLength}`;
  return namedCurve === undefined
    ? (publicKey.asymmetricKeyType ?? 'unknown')
    : `EC ${CURVES[namedCurve] ?? namedCurve}`;
}

function oneLine(name: string): string {
  return name.split('\n').toReversed().join(', ');
}

function pairs(hex: string): string {
  return (hex.length % 2 === 1 ? `0${hex}` : hex).match(/../g)!.join(':');
}
