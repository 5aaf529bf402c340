import { newServerKey, TlsRoot } from './tls-root.js';

/** A server certificate for loopback and the root that signs it, all PEM. */
export interface TlsPair {
  readonly caPem: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Makes a root and a server certificate for `localhost`, 127.0.0.1 and ::1, valid for a day and a half around now. */
export async function makeTlsPair(): Promise<TlsPair> {
  const root = await TlsRoot.make('fleetcert test TLS root');
  const { cert, key } = await root.certify(await newServerKey());
  return { caPem: root.pem, certificatePem: cert, privateKeyPem: key };
}
