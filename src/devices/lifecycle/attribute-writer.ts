import type { DomainError } from '../../kernel/errors.js';
import type { JoinedTransaction, JoinedWriter } from '../../platform/database/joined-write.js';
import { assignAliases } from '../aliases/assign-aliases.js';
import { DeviceChangedError, type DeviceNamesSeen } from '../device-changed.js';

/** What an operator may set on a device; absent fields stay as they are. */
export interface DeviceAttributes {
  readonly note?: string | null;
  readonly group?: string | null;
  readonly wildcard?: boolean;
  /** Labels as admitAliases gives them: all of the device's. */
  readonly aliases?: readonly string[];
}

export interface AttributeChange {
  readonly deviceId: string;
  readonly zone: string;
  readonly attributes: DeviceAttributes;
  /** What the zone's records were made from. */
  readonly seen: Required<DeviceNamesSeen> & { readonly addresses: readonly string[] };
  readonly now: Date;
}

/** Writes a device's attributes: those that DNS shows, and those that it does not, together. */
export class AttributeWriter implements JoinedWriter<AttributeChange> {
  async write(
    transaction: JoinedTransaction,
    changes: readonly AttributeChange[],
  ): Promise<(DomainError | undefined)[]> {
    const refusals: (DomainError | undefined)[] = [];
    for (const change of changes) refusals.push(await this.#change(transaction, change));
    return refusals;
  }

  async #change(transaction: JoinedTransaction, change: AttributeChange): Promise<DomainError | undefined> {
    const { deviceId, zone, seen, now } = change;
    const { note, group, wildcard, aliases } = change.attributes;
    const [updated] = await transaction.query<[unknown[], number]>(
      `UPDATE devices
          SET note = CASE WHEN $2 THEN $3 ELSE note END, group_name = CASE WHEN $4 THEN $5 ELSE group_name END,
              wildcard = coalesce($6, wildcard), aliases = coalesce($7::text[], aliases)
        WHERE id = $1 AND state <> 'deleted' AND addresses = $8::text[] AND wildcard = $9 AND aliases = $10::text[]
        RETURNING 1`,
      [
        deviceId,
        note !== undefined,
        note ?? null,
        group !== undefined,
        group ?? null,
        wildcard ?? null,
        aliases ?? null,
        seen.addresses,
        seen.wildcard,
        seen.aliases,
      ],
    );
    if (updated.length === 0) return new DeviceChangedError();
    if (!aliases) return undefined;
    return assignAliases(transaction, { deviceId, names: aliases.map((label) => `${label}.${zone}`), now });
  }
}
