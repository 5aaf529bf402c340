/**
 * SQL: the certificate in force of one device, which is its newest one, or no row when that was revoked: an older one is
 * not what the device uses. As the device's own API has it. Looked up by index; for use as `LEFT JOIN LATERAL (…) c`.
 * @param columns of certificates, separated by commas
 * @param deviceId an SQL expression
 */
export function certificateInForceSql(columns: string, deviceId = 'd.id'): string {
  return `SELECT ${columns} FROM (
      SELECT ${columns}, revoked_at FROM certificates WHERE device_id = ${deviceId} ORDER BY created_at DESC, id LIMIT 1
    ) AS newest WHERE revoked_at IS NULL`;
}

type TimeColumn = 'not_before' | 'not_after' | 'renew_at';

/** SQL: the times of the certificates in force of all devices that are there, with `device_id`. */
export function certificatesInForceSql(...columns: readonly TimeColumn[]): string {
  return `SELECT device_id, ${columns.join(', ')} FROM device_facts WHERE not_after IS NOT NULL`;
}
