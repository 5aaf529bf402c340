import type { CertificateHealth } from '../domain/certificate-health.js';

/** SQL expressions of this moment and of FLEETCERT_ALARM_AT_RISK. */
export interface HealthParameters {
  readonly now: string;
  readonly atRiskFraction: string;
}

/**
 * SQL on device_facts `f`: the health of a device's certificate, worst first, as domain/certificate-health.ts has it, so
 * that devices are counted where they are.
 */
export function healthSql({ now, atRiskFraction }: HealthParameters): string {
  return `CASE
      WHEN f.not_after IS NULL THEN CASE WHEN f.has_failed THEN 'failing' ELSE 'none' END
      WHEN f.not_after <= ${now}::timestamptz THEN 'expired'
      WHEN ${endsSoon({ now, atRiskFraction })} THEN 'at-risk'
      WHEN f.has_failed THEN 'failing'
      WHEN f.renew_at <= ${now}::timestamptz THEN 'renewing'
      ELSE 'ok' END`;
}

/** SQL on device_facts `f`: whether the certificate's health is this one; in terms that the planner has statistics of. */
export function isHealthSql(health: CertificateHealth, parameters: HealthParameters): string {
  if (health === 'none') return 'f.not_after IS NULL AND NOT f.has_failed';
  const { now } = parameters;
  if (health === 'expired') return `${EXPIRY} <= ${now}::timestamptz`;
  const soon = endsSoon(parameters);
  const lives = `${EXPIRY} > ${now}::timestamptz AND f.not_after IS NOT NULL AND NOT (${soon})`;
  switch (health) {
    case 'at-risk':
      return `f.not_after > ${now}::timestamptz AND ${soon}`;
    case 'failing':
      return `f.has_failed AND (f.not_after IS NULL OR (${lives}))`;
    case 'renewing':
      return `${lives} AND NOT f.has_failed AND f.renew_at <= ${now}::timestamptz`;
    case 'ok':
      return `${lives} AND NOT f.has_failed AND f.renew_at > ${now}::timestamptz`;
  }
}

/** SQL on device_facts `f`: the end of the certificate in force, as the index device_facts_expiry has it. */
export const EXPIRY = `coalesce(f.not_after, TIMESTAMPTZ 'infinity')`;

function endsSoon({ now, atRiskFraction }: HealthParameters): string {
  return `f.not_after - ${now}::timestamptz < (f.not_after - f.not_before) * ${atRiskFraction}::float8`;
}
