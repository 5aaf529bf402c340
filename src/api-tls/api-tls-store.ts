import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import type { DeviceState } from '../devices/domain/device.js';
import { IS_OPEN } from '../issuer/orders/order-row.js';
import { SecretBox } from '../platform/security/secret-box.js';
import type { ApiName } from './domain/api-name.js';
import { makeTlsKey, type TlsKey } from './tls-key.js';

/** The API's entry as it is stored: its key, and the row in `devices` under which its orders and certificates stand. */
export interface ApiTlsEntry extends TlsKey {
  readonly name: string;
  /** Undefined where no certificate can be had for the name. */
  readonly deviceId?: string;
  readonly deviceState?: DeviceState;
}

interface EntryRow {
  name: string;
  device_id: string | null;
  device_state: DeviceState | null;
  key_sealed: string;
  spki_sha256: string;
  csr_der: Buffer;
  self_signed_pem: string;
  is_retired: boolean;
}

/** The API's name has been given to a device. */
export class ApiNameTakenError extends Error {
  override readonly name = 'ApiNameTakenError';
}

/** A name that no server has had for so long is not the API's any more. */
const UNUSED_SECONDS = 86_400;
/** A group of its own is served in its turn, however long the line of devices is. */
const GROUP = 'servers';
const NOTE = 'The API itself: it gets its certificate like a device, and renews it by itself.';

/** The API's key and entry in the database, shared by all servers. */
@Injectable()
export class ApiTlsStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: SecretBox,
  ) {}

  /**
   * The entry of a name, made by whichever server comes first.
   * @throws ApiNameTakenError; an error that names FLEETCERT_SECRET_KEY when the key was sealed with another one
   */
  async open(name: ApiName, now: Date): Promise<ApiTlsEntry> {
    const known = await this.row(name.host);
    if (known && !known.is_retired && (known.device_id !== null || name.zone === undefined)) return this.entryOf(known);
    const key = known ? this.entryOf(known) : await makeTlsKey(name, now);
    await this.dataSource.transaction(async (transaction) => {
      const deviceId = name.zone === undefined ? null : await this.claimName(transaction, name, now);
      // Of servers that race for it, the first one's key is everybody's.
      await transaction.query(
        `INSERT INTO api_tls AS t (name, device_id, key_sealed, spki_sha256, csr_der, self_signed_pem, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (name) DO UPDATE SET device_id = coalesce(t.device_id, EXCLUDED.device_id), retired_at = NULL`,
        [name.host, deviceId, ...this.columns(key), now],
      );
    });
    return this.read(name.host);
  }

  /** The entry as it is now; `open` has made it. */
  async read(host: string): Promise<ApiTlsEntry> {
    return this.entryOf((await this.row(host))!);
  }

  /**
   * Begins anew with another key, also for an entry that was removed. Nothing happens when another server was first.
   * @returns the entry as it is then
   */
  async replaceKey(entry: ApiTlsEntry, name: ApiName, now: Date): Promise<ApiTlsEntry> {
    const key = await makeTlsKey(name, now);
    await this.dataSource.transaction(async (transaction) => {
      const [, count]: [unknown[], number] = await transaction.query(
        `UPDATE api_tls SET key_sealed = $3, spki_sha256 = $4, csr_der = $5, self_signed_pem = $6, made_at = $7
          WHERE name = $1 AND spki_sha256 = $2`,
        [name.host, entry.spkiSha256, ...this.columns(key), now],
      );
      if (count > 0) await this.revive(transaction, name.host);
    });
    return this.read(name.host);
  }

  /** Certificates that the entry has got since then. */
  async certificatesSince(deviceId: string, since: Date): Promise<number> {
    const rows: { count: number }[] = await this.dataSource.query(
      `SELECT count(*)::int AS count FROM certificates WHERE device_id = $1 AND created_at > $2`,
      [deviceId, since],
    );
    return rows[0]!.count;
  }

  /** Was the key reported compromised? Then nobody may order for it again. */
  async isCompromised({ spkiSha256 }: ApiTlsEntry): Promise<boolean> {
    const rows: unknown[] = await this.dataSource.query(
      `SELECT 1 FROM device_keys WHERE spki_sha256 = $1 AND compromised_at IS NOT NULL`,
      [spkiSha256],
    );
    return rows.length > 0;
  }

  /** Orders for the entry, under whichever key, that have not ended yet. */
  async hasOpenOrder(deviceId: string): Promise<boolean> {
    const rows: unknown[] = await this.dataSource.query(
      `SELECT 1 FROM issuance_orders o WHERE o.device_id = $1 AND ${IS_OPEN}`,
      [deviceId],
    );
    return rows.length > 0;
  }

  /** Ends the entries of names that no server has had for a day: FLEETCERT_PUBLIC_URL has changed. Their keys are kept. */
  async retireOthers(host: string | undefined, now: Date): Promise<void> {
    await this.dataSource.query(
      `WITH unused AS (
         UPDATE devices SET state = 'deleted', deleted_at = $2
          WHERE kind = 'server' AND state <> 'deleted' AND name IS DISTINCT FROM $1
            AND coalesce(last_seen_at, enrolled_at) < $2::timestamptz - ${UNUSED_SECONDS} * interval '1 second'
         RETURNING id)
       UPDATE api_tls SET retired_at = $2 WHERE device_id IN (SELECT id FROM unused)`,
      [host ?? null, now],
    );
  }

  private async row(host: string): Promise<EntryRow | undefined> {
    const rows: EntryRow[] = await this.dataSource.query(
      `SELECT t.name, t.device_id, d.state AS device_state, t.key_sealed, t.spki_sha256, t.csr_der, t.self_signed_pem,
              t.retired_at IS NOT NULL AS is_retired
         FROM api_tls t LEFT JOIN devices d ON d.id = t.device_id WHERE t.name = $1`,
      [host],
    );
    return rows[0];
  }

  private async claimName(transaction: EntityManager, { host, zone }: ApiName, now: Date): Promise<string> {
    const label = host === zone ? '@' : host.slice(0, -zone!.length - 1);
    await transaction.query(
      `INSERT INTO devices (id, kind, label, zone, name, state, addresses, group_name, note, enrolled_at)
       VALUES ($1, 'server', $2, $3, $4, 'active', '{}', $5, $6, $7) ON CONFLICT DO NOTHING`,
      [randomUUID(), label, zone, host, GROUP, NOTE, now],
    );
    const rows: { id: string; kind: string; is_alias: boolean }[] = await transaction.query(
      `SELECT id, kind, EXISTS (SELECT 1 FROM device_aliases a JOIN devices d ON d.id = a.device_id
                                 WHERE a.name = $1 AND a.removed_at IS NULL AND d.state <> 'deleted') AS is_alias
         FROM devices WHERE name = $1 FOR UPDATE`,
      [host],
    );
    if (rows[0]?.kind !== 'server' || rows[0].is_alias) {
      throw new ApiNameTakenError(`${host} of FLEETCERT_PUBLIC_URL is a device's name: give the API another one.`);
    }
    await this.revive(transaction, host);
    return rows[0].id;
  }

  private async revive(transaction: EntityManager, host: string): Promise<void> {
    await transaction.query(
      `UPDATE devices SET state = 'active', deleted_at = NULL, revoke_certificates = false
        WHERE name = $1 AND kind = 'server' AND state = 'deleted'`,
      [host],
    );
  }

  private columns({ keyPem, spkiSha256, csrDer, selfSignedPem }: TlsKey): unknown[] {
    return [this.secrets.seal(keyPem), spkiSha256, csrDer, selfSignedPem];
  }

  private entryOf(row: EntryRow): ApiTlsEntry {
    return {
      name: row.name,
      ...(row.device_id !== null && { deviceId: row.device_id, deviceState: row.device_state! }),
      keyPem: this.secrets.open(row.key_sealed).toString(),
      spkiSha256: row.spki_sha256,
      csrDer: row.csr_der,
      selfSignedPem: row.self_signed_pem,
    };
  }
}
