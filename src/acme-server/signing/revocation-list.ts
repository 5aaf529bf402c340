import { addSeconds } from '../../kernel/clock.js';
import type { IssuedCertificate } from '../domain/certificate.js';
import { SIGNING_ALGORITHM, type CaKeyPair } from './certificate-authority.js';
import { x509 } from './x509.js';

const NEXT_UPDATE_SECONDS = 86_400;

/** A certificate revocation list (RFC 5280 section 5), DER. Its number is the time, so that it only rises. */
export async function makeRevocationList(
  issuer: CaKeyPair,
  revoked: readonly IssuedCertificate[],
  now: Date,
): Promise<Uint8Array> {
  const crl = await x509.X509CrlGenerator.create({
    issuer: issuer.certificate.subjectName,
    thisUpdate: now,
    nextUpdate: addSeconds(now, NEXT_UPDATE_SECONDS),
    signingAlgorithm: SIGNING_ALGORITHM,
    signingKey: issuer.privateKey,
    entries: revoked.flatMap((certificate) =>
      certificate.revoked
        ? [
            {
              serialNumber: certificate.id,
              revocationDate: certificate.revoked.at,
              // RFC 5280 section 5.3.1: "unspecified" is said by saying nothing.
              ...(certificate.revoked.reason === 0 ? {} : { reason: certificate.revoked.reason }),
            },
          ]
        : [],
    ),
    extensions: [
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      crlNumber(Math.floor(now.getTime() / 1000)),
    ],
  });
  return new Uint8Array(crl.rawData);
}

/** RFC 5280 section 5.2.3: an INTEGER, in as few octets as DER wants, with a sign octet where the top bit is set. */
function crlNumber(value: number): InstanceType<typeof x509.Extension> {
  const hex = value.toString(16);
  const octets = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const content = (octets[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), octets]) : octets;
  return new x509.Extension('2.5.29.20', false, Buffer.concat([Buffer.from([0x02, content.length]), content]));
}
