import 'reflect-metadata';
import { webcrypto } from 'node:crypto';

import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const SECOND = 1000;
const YEAR_SECONDS = 365 * 86_400;

type KeyPair = webcrypto.CryptoKeyPair;

export interface LeafOptions {
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** In place of the names in the CSR. */
  readonly names?: readonly string[];
  /** In place of the key in the CSR. */
  readonly publicKey?: webcrypto.CryptoKey;
}

/** A root and an intermediate that sign what the agent asks for, right or, where a test wants it, wrong. */
export class AgentCa {
  private serial = 0x10;

  private constructor(
    private readonly intermediateKeys: KeyPair,
    readonly root: X509Certificate,
    readonly intermediate: X509Certificate,
  ) {}

  static async make(): Promise<AgentCa> {
    // Valid at any time that a test calls now.
    const validity = { notBefore: new Date(0), notAfter: new Date(Date.now() + 40 * YEAR_SECONDS * SECOND) };
    const [rootKeys, intermediateKeys] = [await newKeys(), await newKeys()];
    const extensions = [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ];
    const root = await X509CertificateGenerator.createSelfSigned({
      ...validity,
      serialNumber: '01',
      name: 'CN=agent test root',
      keys: rootKeys,
      signingAlgorithm: ALGORITHM,
      extensions,
    });
    const intermediate = await X509CertificateGenerator.create({
      ...validity,
      serialNumber: '02',
      subject: 'CN=agent test intermediate',
      issuer: root.subject,
      publicKey: intermediateKeys.publicKey,
      signingKey: rootKeys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions,
    });
    return new AgentCa(intermediateKeys, root, intermediate);
  }

  /** A leaf for the CSR. */
  async sign(csrPem: string, { notBefore, notAfter, names, publicKey }: LeafOptions): Promise<X509Certificate> {
    const csr = new Pkcs10CertificateRequest(csrPem);
    const asked = csr.extensions.find((extension) => extension instanceof SubjectAlternativeNameExtension);
    const dns = names ?? asked?.names.items.map(({ value }) => value) ?? [];
    return X509CertificateGenerator.create({
      serialNumber: (this.serial++).toString(16).padStart(2, '0'),
      issuer: this.intermediate.subject,
      subject: '',
      notBefore,
      notAfter,
      publicKey: publicKey ?? (await csr.publicKey.export()),
      signingKey: this.intermediateKeys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension(dns.map((value) => ({ type: 'dns' as const, value }))),
      ],
    });
  }

  /** Leaf first, no root, as the API hands it out. */
  chain(leaf: X509Certificate): string {
    return `${leaf.toString('pem')}\n${this.intermediate.toString('pem')}\n`;
  }
}

export async function newKeys(): Promise<KeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}
