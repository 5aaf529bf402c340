import { AT_RISK_FRACTION } from '../domain/certificate-health.js';

/**
 * SQL: the health of a device's certificate, worst first, as domain/certificate-health.ts has it, so that devices are
 * counted and found where they are. `c` is the certificate in force and `o` the newest order, each of them null columns
 * where there is none.
 * @param now an SQL expression
 */
export function healthSql(now: string): string {
  return `CASE
      WHEN c.not_after IS NULL THEN CASE WHEN o.status = 'failed' THEN 'failing' ELSE 'none' END
      WHEN c.not_after <= ${now} THEN 'expired'
      WHEN c.not_after - ${now} < (c.not_after - c.not_before) * ${AT_RISK_FRACTION} THEN 'at-risk'
      WHEN o.status = 'failed' THEN 'failing'
      WHEN c.renew_at <= ${now} THEN 'renewing'
      ELSE 'ok' END`;
}
