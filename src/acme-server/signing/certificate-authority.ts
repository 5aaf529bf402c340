import { createHash, randomBytes, webcrypto } from 'node:crypto';

import { addSeconds } from '../../kernel/clock.js';
import { x509 } from './x509.js';

type CryptoKey = webcrypto.CryptoKey;
type Extension = InstanceType<typeof x509.Extension>;

/** ECDSA P-256 with SHA-256: small, quick to sign with, and known to every client. */
export const SIGNING_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

const DOMAIN_VALIDATED = '2.23.140.1.2.1';

/** A CA certificate and its private key. */
export interface CaKeyPair {
  readonly certificate: InstanceType<typeof x509.X509Certificate>;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

export interface LeafRequest {
  readonly publicKey: Uint8Array | CryptoKey;
  /** DNS names and, for the CA's own listener, addresses. */
  readonly subjectAlternativeNames: readonly { readonly type: 'dns' | 'ip'; readonly value: string }[];
  readonly commonName?: string;
  readonly subjectKeyIdentifier: boolean;
  /** An RSA key can also encrypt. */
  readonly keyEncipherment: boolean;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly crlUrl?: string;
}

/** Makes a root that signs itself. */
export async function makeRoot(commonName: string, now: Date, lifetimeSeconds: number): Promise<CaKeyPair> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: distinguishedName(commonName),
    keys,
    ...validity(now, lifetimeSeconds),
    signingAlgorithm: SIGNING_ALGORITHM,
    extensions: await caExtensions(keys.publicKey, keys.publicKey, undefined),
  });
  return { certificate, ...keys };
}

/** Makes an intermediate below `issuer`, for `keys` when they exist already: that is a cross-signed one. */
export async function makeIntermediate(
  commonName: string,
  issuer: CaKeyPair,
  now: Date,
  lifetimeSeconds: number,
  keys?: Pick<CaKeyPair, 'publicKey' | 'privateKey'>,
): Promise<CaKeyPair> {
  const subjectKeys = keys ?? (await generateKeys());
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: distinguishedName(commonName),
    issuer: issuer.certificate.subjectName,
    publicKey: subjectKeys.publicKey,
    signingKey: issuer.privateKey,
    ...validity(now, lifetimeSeconds),
    signingAlgorithm: SIGNING_ALGORITHM,
    extensions: await caExtensions(subjectKeys.publicKey, issuer.publicKey, 0),
  });
  return { certificate, publicKey: subjectKeys.publicKey, privateKey: subjectKeys.privateKey };
}

/** Signs a TLS server certificate. The subject is empty unless there is a common name. */
export async function signLeaf(
  issuer: CaKeyPair,
  request: LeafRequest,
): Promise<InstanceType<typeof x509.X509Certificate>> {
  const { commonName, crlUrl } = request;
  const publicKey =
    request.publicKey instanceof Uint8Array ? new x509.PublicKey(new Uint8Array(request.publicKey)) : request.publicKey;
  const usages =
    x509.KeyUsageFlags.digitalSignature | (request.keyEncipherment ? x509.KeyUsageFlags.keyEncipherment : 0);
  const extensions: Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(usages, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ...(request.subjectKeyIdentifier ? [await x509.SubjectKeyIdentifierExtension.create(publicKey)] : []),
    // RFC 5280 section 4.2.1.6: critical when it is all that names the subject.
    new x509.SubjectAlternativeNameExtension([...request.subjectAlternativeNames], commonName === undefined),
    new x509.CertificatePolicyExtension([DOMAIN_VALIDATED]),
    ...(crlUrl === undefined ? [] : [new x509.CRLDistributionPointsExtension([crlUrl])]),
  ];
  return x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: commonName === undefined ? [] : [{ CN: [commonName] }],
    issuer: issuer.certificate.subjectName,
    publicKey,
    signingKey: issuer.privateKey,
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    signingAlgorithm: SIGNING_ALGORITHM,
    extensions,
  });
}

export function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(SIGNING_ALGORITHM, true, ['sign', 'verify']);
}

/** SHA-1 of the subject's public key (RFC 5280 section 4.2.1.2, method 1): what AKI holds of an issuer's key. */
export async function keyIdentifier(publicKey: CryptoKey): Promise<Buffer> {
  const extension = await x509.SubjectKeyIdentifierExtension.create(publicKey);
  return Buffer.from(extension.keyId, 'hex');
}

/**
 * 16 random octets, hex. Half of them have the top bit set and get a sign octet in DER: clients that lose it from
 * their ARI identifiers are found out.
 */
export function newSerial(): string {
  const octets = randomBytes(16);
  // Never a short one: RFC 5280 allows 20 octets, and 0 in front would be dropped.
  octets[0] = (octets[0] ?? 0) | 0x01;
  return octets.toString('hex');
}

/** SHA-256 of a SubjectPublicKeyInfo, hex. */
export function hashOf(spki: Uint8Array): string {
  return createHash('sha256').update(spki).digest('hex');
}

function distinguishedName(commonName: string): Record<string, string[]>[] {
  return [{ O: ['fleetcert sandbox: not for real use'] }, { CN: [commonName] }];
}

function validity(now: Date, lifetimeSeconds: number): { notBefore: Date; notAfter: Date } {
  // A device whose clock is a little slow has to accept what was made just now.
  return { notBefore: addSeconds(now, -86_400), notAfter: addSeconds(now, lifetimeSeconds) };
}

async function caExtensions(
  subject: CryptoKey,
  issuer: CryptoKey,
  pathLength: number | undefined,
): Promise<Extension[]> {
  return [
    new x509.BasicConstraintsExtension(true, pathLength, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    await x509.SubjectKeyIdentifierExtension.create(subject),
    ...(subject === issuer ? [] : [await x509.AuthorityKeyIdentifierExtension.create(issuer)]),
  ];
}
