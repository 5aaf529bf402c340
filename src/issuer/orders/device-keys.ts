import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** What is known of a public key. */
export interface KeyFacts {
  readonly reportedCompromised: boolean;
  readonly acmeAccountKey: boolean;
  /** The other device that has ordered for it. */
  readonly otherDeviceId?: string;
}

/** Which device a public key belongs to, for ever; and which keys nobody may use again. */
@Injectable()
export class DeviceKeys {
  /**
   * Takes the key for the device where it is nobody's yet (a removed device's keys are free again, the compromised ones
   * excepted), and tells what is known of it.
   */
  async claim(transaction: EntityManager, spkiSha256: string, deviceId: string, now: Date): Promise<KeyFacts> {
    await transaction.query(
      `INSERT INTO device_keys AS k (spki_sha256, device_id, first_seen_at) VALUES ($1, $2, $3)
         ON CONFLICT (spki_sha256) DO UPDATE SET device_id = EXCLUDED.device_id
         WHERE k.compromised_at IS NULL AND EXISTS (SELECT 1 FROM devices d WHERE d.id = k.device_id AND d.state = 'deleted')`,
      [spkiSha256, deviceId, now],
    );
    const rows: { device_id: string; compromised: boolean; account_key: boolean }[] = await transaction.query(
      `SELECT device_id, compromised_at IS NOT NULL AS compromised,
              EXISTS (SELECT 1 FROM acme_accounts WHERE key_spki_sha256 = $1) AS account_key
         FROM device_keys WHERE spki_sha256 = $1`,
      [spkiSha256],
    );
    const row = rows[0]!;
    return {
      reportedCompromised: row.compromised,
      acmeAccountKey: row.account_key,
      otherDeviceId: row.device_id === deviceId ? undefined : row.device_id,
    };
  }

  /** The key is refused for ever. */
  async markCompromised(transaction: EntityManager, spkiSha256: string, deviceId: string, now: Date): Promise<void> {
    await transaction.query(
      `INSERT INTO device_keys AS k (spki_sha256, device_id, first_seen_at, compromised_at) VALUES ($1, $2, $3, $3)
         ON CONFLICT (spki_sha256) DO UPDATE SET compromised_at = coalesce(k.compromised_at, EXCLUDED.compromised_at)`,
      [spkiSha256, deviceId, now],
    );
  }
}
