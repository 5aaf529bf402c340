/**
 * How a device's certificate is doing. `ok`: before its renewal time · `renewing`: past it, with enough left ·
 * `at-risk`: less than AT_RISK_FRACTION of its lifetime left · `expired` · `failing`: the newest order failed ·
 * `none`: no certificate yet.
 */
export const CERTIFICATE_HEALTHS = ['ok', 'renewing', 'at-risk', 'expired', 'none', 'failing'] as const;

export type CertificateHealth = (typeof CERTIFICATE_HEALTHS)[number];

/** An alarm is due when this part of the lifetime is left. */
export const AT_RISK_FRACTION = 1 / 6;

export interface CertificateFacts {
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly renewAt: Date;
}

/** The worst that is true: an expired certificate is `expired` even while its renewal fails. */
export function certificateHealth(
  certificate: CertificateFacts | undefined,
  newestOrderStatus: string | undefined,
  now: Date,
): CertificateHealth {
  const failing = newestOrderStatus === 'failed';
  if (!certificate) return failing ? 'failing' : 'none';
  const left = certificate.notAfter.getTime() - now.getTime();
  if (left <= 0) return 'expired';
  if (left < (certificate.notAfter.getTime() - certificate.notBefore.getTime()) * AT_RISK_FRACTION) return 'at-risk';
  if (failing) return 'failing';
  return now >= certificate.renewAt ? 'renewing' : 'ok';
}
