import { checkCertificate } from '../domain/certificate-check.js';
import { devicePhase } from '../domain/device-phase.js';
import { spreadRenewalTime } from '../domain/renewal-spread.js';

/** A certificate as it is stored. Digests and the serial are lower-case hex. */
export interface IssuedCertificate {
  /** Leaf first, without the root. */
  readonly pem: string;
  /** As in X.509, with the leading `00` where the top bit is set. */
  readonly serial: string;
  /** Of the leaf in DER. */
  readonly sha256: string;
  readonly spkiSha256: string;
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** RFC 9773 section 4.1; absent when the certificate names no authority key. */
  readonly ariCertId?: string;
  /** Where the CA does not say otherwise (ARI). */
  readonly renewAt: Date;
}

/**
 * Reads a chain as the CA gave it, when it is what the order asked for.
 * @throws CertificateMismatchError
 */
export function issuedCertificate(
  chainPem: string,
  order: { readonly deviceId: string; readonly spkiSha256: string; readonly names: readonly string[] },
  now: Date,
): IssuedCertificate {
  const { pem, serial, sha256, names, notBefore, notAfter, ariCertId } = checkCertificate(chainPem, order, now);
  const renewAt = usualRenewal(order.deviceId, notBefore, notAfter);
  return { pem, serial, sha256, spkiSha256: order.spkiSha256, names, notBefore, notAfter, ariCertId, renewAt };
}

/** When a device's certificate is renewed where the CA has no ARI, or has not told its window yet. */
export function usualRenewal(deviceId: string, notBefore: Date, notAfter: Date): Date {
  return new Date(Math.floor(spreadRenewalTime(notBefore.getTime(), notAfter.getTime(), devicePhase(deviceId))));
}
