import { randomBytes, webcrypto } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';

import { addSeconds } from '../../kernel/clock.js';
import { generateKeys, signLeaf, type CaKeyPair } from '../signing/certificate-authority.js';
import { pemCertificate, pemPrivateKey, pemToDer } from '../signing/pem.js';
import { x509 } from '../signing/x509.js';

const FILE = 'ca-tls-server.pem';
const LIFETIME_SECONDS = 90 * 86_400;
const RENEW_BEFORE_SECONDS = 30 * 86_400;

/** What node:tls wants, PEM. */
export interface ListenerCertificate {
  readonly key: string;
  readonly cert: string;
  readonly notAfter: Date;
}

/**
 * The TLS certificate of the CA's own listener, for `hosts` (names and addresses). Kept in one file with its key, and
 * made anew when it ends within 30 days, is for other hosts, or was signed by another root.
 */
export async function openListenerCertificate(
  directory: string,
  tlsRoot: CaKeyPair,
  hosts: readonly string[],
  now: Date,
): Promise<ListenerCertificate> {
  const path = join(directory, FILE);
  const existing = await readIfThere(path);
  if (existing !== undefined) {
    const kept = await decode(existing, tlsRoot, hosts);
    if (kept && kept.notAfter > addSeconds(now, RENEW_BEFORE_SECONDS)) return kept;
  }
  const keys = await generateKeys();
  const notAfter = addSeconds(now, LIFETIME_SECONDS);
  const certificate = await signLeaf(tlsRoot, {
    publicKey: keys.publicKey,
    subjectAlternativeNames: hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
    subjectKeyIdentifier: true,
    keyEncipherment: false,
    // Devices with a slow clock come to this CA too.
    notBefore: addSeconds(now, -86_400),
    notAfter,
  });
  const key = pemPrivateKey(new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)));
  const cert = pemCertificate(new Uint8Array(certificate.rawData));
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  await writeFile(temporary, key + cert, { mode: 0o600 });
  await rename(temporary, path);
  return { key, cert, notAfter };
}

async function decode(
  text: string,
  tlsRoot: CaKeyPair,
  hosts: readonly string[],
): Promise<ListenerCertificate | undefined> {
  const key = pemToDer(text, 'PRIVATE KEY');
  const der = pemToDer(text, 'CERTIFICATE');
  if (!key || !der) return undefined;
  const certificate = new x509.X509Certificate(new Uint8Array(der));
  const isOurs = await certificate.verify({ publicKey: tlsRoot.certificate, signatureOnly: true });
  const alternatives = certificate.getExtension(x509.SubjectAlternativeNameExtension);
  const held = new Set(alternatives?.names.items.map(({ value }) => value));
  if (!isOurs || !hosts.every((host) => held.has(host))) return undefined;
  return { key: pemPrivateKey(key), cert: pemCertificate(der), notAfter: certificate.notAfter };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
