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

/** SQL: the same of all devices at once, with `device_id`; cheaper where most devices are counted. */
export function certificatesInForceSql(columns: string): string {
  return `SELECT device_id, ${columns} FROM (
      SELECT DISTINCT ON (device_id) device_id, ${columns}, revoked_at FROM certificates
       ORDER BY device_id, created_at DESC, id
    ) AS newest WHERE revoked_at IS NULL`;
}
