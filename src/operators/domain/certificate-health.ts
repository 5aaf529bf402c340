/**
 * How a device's certificate is doing. `ok`: before its renewal time · `renewing`: past it, with enough left ·
 * `at-risk`: less left than FLEETCERT_ALARM_AT_RISK of its lifetime · `expired` · `failing`: the newest order failed ·
 * `none`: no certificate yet.
 */
export const CERTIFICATE_HEALTHS = ['ok', 'renewing', 'at-risk', 'expired', 'none', 'failing'] as const;

export type CertificateHealth = (typeof CERTIFICATE_HEALTHS)[number];

export interface CertificateFacts {
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly renewAt: Date;
}

/**
 * The worst that is true: an expired certificate is `expired` even while its renewal fails.
 * @param atRiskFraction the part of the lifetime that is left when a certificate is at risk, 0 to 1
 */
export function certificateHealth(
  certificate: CertificateFacts | undefined,
  newestOrderStatus: string | undefined,
  now: Date,
  atRiskFraction: number,
): CertificateHealth {
  const failing = newestOrderStatus === 'failed';
  if (!certificate) return failing ? 'failing' : 'none';
  const left = certificate.notAfter.getTime() - now.getTime();
  if (left <= 0) return 'expired';
  if (left < (certificate.notAfter.getTime() - certificate.notBefore.getTime()) * atRiskFraction) return 'at-risk';
  if (failing) return 'failing';
  return now >= certificate.renewAt ? 'renewing' : 'ok';
}
