import type { EntityManager } from 'typeorm';

import { recordEvents } from '../../platform/events/record-events.js';
import type { RevocationReason } from '../domain/revocation-reason.js';

/**
 * Records that certificates are to be revoked; the upkeep tells the CA.
 * @returns how many; `where` may use $1 (the reason), $2 (now) and what `values` adds from $3 on
 */
export async function recordRevocations(
  manager: EntityManager,
  where: string,
  values: readonly unknown[],
  reason: RevocationReason,
  now: Date,
): Promise<number> {
  const [revoked]: [RevokedCertificate[], number] = await manager.query(
    `UPDATE certificates SET revoked_at = coalesce(revoked_at, $2), revocation_reason = $1, revocation_confirmed_at = NULL,
            revocation_failures = 0, revocation_error = NULL, revocation_next_attempt_at = $2 WHERE ${where}
      RETURNING id, device_id, serial, (SELECT name FROM devices WHERE devices.id = device_id) AS name`,
    [reason, now, ...values],
  );
  await recordEvents(
    manager,
    revoked.map(({ id, device_id, serial, name }) => ({
      type: 'certificate.revoked',
      subject: { kind: 'device', id: device_id, name },
      message: `The certificate ${serial} of ${name} was revoked (${reason}).`,
      data: { certificateId: id, serial, reason },
      at: now,
    })),
  );
  return revoked.length;
}

interface RevokedCertificate {
  readonly id: string;
  readonly device_id: string;
  readonly serial: string;
  readonly name: string;
}
