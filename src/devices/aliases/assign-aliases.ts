import { DomainError } from '../../kernel/errors.js';
import type { JoinedTransaction } from '../../platform/database/joined-write.js';
import { type FormerHolder, refuseAlias } from '../domain/alias.js';

export interface AliasAssignment {
  readonly deviceId: string;
  /** Absolute names: all that the device is to have. */
  readonly names: readonly string[];
  readonly now: Date;
}

interface FormerRow {
  readonly name: string;
  readonly device_id: string;
  readonly device_name: string;
  readonly is_deleted: boolean;
  readonly is_held: boolean;
  readonly certificate_until: Date | null;
  readonly is_ordered: boolean;
}

/**
 * Makes these names the device's aliases, and no others. Where another device has or had one, the rules of
 * domain/alias.ts decide.
 * @returns the refusal of the first name that it may not have; then the transaction must not be committed
 */
export async function assignAliases(
  transaction: JoinedTransaction,
  { deviceId, names, now }: AliasAssignment,
): Promise<DomainError | undefined> {
  await transaction.query(
    `UPDATE device_aliases SET removed_at = $3
      WHERE device_id = $1 AND removed_at IS NULL AND NOT name = ANY ($2::text[])`,
    [deviceId, names, now],
  );
  if (names.length === 0) return undefined;
  const devices = await transaction.query<{ name: string }[]>(
    `SELECT name FROM devices WHERE name = ANY ($1::text[]) ORDER BY name LIMIT 1`,
    [names],
  );
  if (devices[0]) return refusal(`${devices[0].name} is the name of a device, now or before; take another label.`);
  const others = await transaction.query<FormerRow[]>(FORMER_HOLDERS, [names, deviceId]);
  for (const row of others) {
    const reason = refuseAlias(row.name, holderOf(row), now);
    if (reason !== undefined) return refusal(reason);
  }
  const assigned = await transaction.query<unknown[]>(
    // A device that was quicker with the same name has made the row that this statement then waits for, and does not take.
    `INSERT INTO device_aliases AS a (name, device_id, assigned_at)
     SELECT name, $2, $3 FROM unnest($1::text[]) AS wanted (name)
     ON CONFLICT (name) DO UPDATE
       SET device_id = excluded.device_id, removed_at = NULL,
           assigned_at = CASE WHEN a.device_id = excluded.device_id AND a.removed_at IS NULL THEN a.assigned_at ELSE excluded.assigned_at END
     WHERE a.device_id = excluded.device_id OR a.device_id = ANY ($4::uuid[])
     RETURNING a.name`,
    [names, deviceId, now, others.map(({ device_id }) => device_id)],
  );
  if (assigned.length === names.length) return undefined;
  return refusal('Another device was given one of these aliases at the same moment.');
}

/** Names that other devices have or had, with what keeps them theirs. */
const FORMER_HOLDERS = `
  SELECT a.name, a.device_id, d.name AS device_name, d.state = 'deleted' AS is_deleted, a.removed_at IS NULL AS is_held,
         (SELECT max(c.not_after) FROM certificates c
           WHERE c.device_id = a.device_id AND c.revoked_at IS NULL AND c.names && ARRAY[a.name, '*.' || a.name]) AS certificate_until,
         EXISTS (SELECT 1 FROM issuance_orders o
                  WHERE o.device_id = a.device_id AND o.status IN ('queued', 'issuing', 'deferred')
                    AND o.names && ARRAY[a.name, '*.' || a.name]) AS is_ordered
    FROM device_aliases a JOIN devices d ON d.id = a.device_id
   WHERE a.name = ANY ($1::text[]) AND a.device_id <> $2 ORDER BY a.name FOR UPDATE OF a`;

function holderOf(row: FormerRow): FormerHolder {
  return {
    deviceName: row.device_name,
    isDeleted: row.is_deleted,
    isHeld: row.is_held,
    isOrdered: row.is_ordered,
    ...(row.certificate_until && { certificateUntil: row.certificate_until }),
  };
}

function refusal(detail: string): DomainError {
  return new DomainError('conflict', detail, { errors: [{ field: 'aliases', detail }] });
}
