import 'reflect-metadata';
import { createHash, webcrypto, X509Certificate as NodeCertificate } from 'node:crypto';

import {
  BasicConstraintsExtension,
  type Extension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 86_400_000;

/** A key and its certificate for localhost, 127.0.0.1 and ::1, as node:tls takes them, and what devices pin. */
export interface ServerPair {
  readonly key: string;
  readonly cert: string;
  /** `sha256//…` of the key. */
  readonly pin: string;
  /** Of the key, hex. */
  readonly keySha256: string;
  /** `AB:CD:…` of the certificate. */
  readonly fingerprint: string;
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

type KeyPair = webcrypto.CryptoKeyPair;

/** For a day and a half around the time. */
export function around(time: Date): Validity {
  return { notBefore: new Date(time.getTime() - DAY), notAfter: new Date(time.getTime() + DAY / 2) };
}

export function newServerKey(): Promise<KeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

/** A certificate that the key signs for itself. */
export async function selfSigned(keys: KeyPair, validity: Validity = around(new Date())): Promise<ServerPair> {
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '05',
    name: 'CN=self-signed',
    keys,
    ...validity,
    signingAlgorithm: ALGORITHM,
    extensions: serverExtensions(),
  });
  return pairOf(keys, certificate);
}

/** A root of public trust, as far as a test is concerned. It is valid whatever the time. */
export class TlsRoot {
  private serial = 0x20;

  private constructor(
    private readonly keys: KeyPair,
    private readonly certificate: X509Certificate,
  ) {}

  static async make(name = 'TLS test root'): Promise<TlsRoot> {
    const keys = await newServerKey();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: '01',
      name: `CN=${name}`,
      keys,
      notBefore: new Date(0),
      notAfter: new Date(Date.now() + 40 * 365 * DAY),
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      ],
    });
    return new TlsRoot(keys, certificate);
  }

  get pem(): string {
    return `${this.certificate.toString('pem')}\n`;
  }

  /** A certificate for the key; for loopback unless names are given. */
  async certify(
    keys: KeyPair,
    validity: Validity = around(new Date()),
    names: readonly string[] = [],
  ): Promise<ServerPair> {
    const certificate = await X509CertificateGenerator.create({
      serialNumber: (this.serial++).toString(16),
      subject: 'CN=server',
      issuer: this.certificate.subject,
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      ...validity,
      signingAlgorithm: ALGORITHM,
      extensions: serverExtensions(names),
    });
    return pairOf(keys, certificate);
  }
}

function serverExtensions(names: readonly string[] = []): Extension[] {
  const usual = [
    { type: 'dns' as const, value: 'localhost' },
    { type: 'ip' as const, value: '127.0.0.1' },
    { type: 'ip' as const, value: '::1' },
  ];
  const other = names.map((value) => ({ type: 'dns' as const, value }));
  return [
    new BasicConstraintsExtension(false),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    new SubjectAlternativeNameExtension(other.length > 0 ? other : usual),
  ];
}

async function pairOf(keys: KeyPair, certificate: X509Certificate): Promise<ServerPair> {
  const cert = `${certificate.toString('pem')}\n`;
  const spki = Buffer.from(await webcrypto.subtle.exportKey('spki', keys.publicKey));
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    key: `${PemConverter.encode(pkcs8, PemConverter.PrivateKeyTag)}\n`,
    cert,
    pin: `sha256//${createHash('sha256').update(spki).digest('base64')}`,
    keySha256: createHash('sha256').update(spki).digest('hex'),
    fingerprint: new NodeCertificate(cert).fingerprint256,
  };
}
