import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { preparedQuery } from '../../platform/database/prepared-query.js';
import {
  credentialMatches,
  hashCredential,
  looksLikeCredential,
  newCredential,
} from '../../platform/security/credential.js';
import type { Device, DeviceState } from '../domain/device.js';

interface TokenRow {
  readonly token_hash: Buffer;
  readonly first_used_at: Date | null;
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  readonly state: DeviceState;
  readonly addresses: string[];
  readonly wildcard: boolean;
  readonly aliases: string[];
}

const FIND_TOKEN = {
  name: 'find-device-token',
  text: `
    SELECT t.token_hash, t.first_used_at, d.id, d.name, d.zone, d.state, d.addresses, d.wildcard, d.aliases
      FROM device_tokens t JOIN devices d ON d.id = t.device_id
     WHERE t.token_hash = $1`,
};

/**
 * Device credentials. A device has one, or two while it rotates: the new one ends the old one when it is first used,
 * so that a device which dies between the answer and its disk is not locked out.
 */
@Injectable()
export class DeviceTokens {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** The device that a credential belongs to. @throws DomainError `unauthorized` */
  async authenticate(token: string): Promise<Device> {
    const row = looksLikeCredential(token, 'fcd_') ? await this.find(hashCredential(token)) : undefined;
    if (!row || !credentialMatches(token, row.token_hash) || row.state === 'deleted') {
      throw new DomainError(
        'unauthorized',
        'This device credential is not known: it was replaced, or the device was deleted. Enroll again.',
      );
    }
    if (row.first_used_at === null) await this.endOlderTokens(row);
    return {
      deviceId: row.id,
      name: row.name,
      zone: row.zone,
      state: row.state,
      addresses: row.addresses,
      wildcard: row.wildcard,
      aliases: row.aliases,
    };
  }

  /** A new credential beside the one in use; an earlier new one that was never used ends. */
  async rotate(deviceId: string): Promise<string> {
    const token = newCredential('fcd_');
    await this.dataSource.transaction(async (transaction) => {
      await transaction.query(`SELECT 1 FROM devices WHERE id = $1 FOR UPDATE`, [deviceId]);
      await transaction.query(`DELETE FROM device_tokens WHERE device_id = $1 AND first_used_at IS NULL`, [deviceId]);
      await transaction.query(`INSERT INTO device_tokens (token_hash, device_id, created_at) VALUES ($1, $2, $3)`, [
        hashCredential(token),
        deviceId,
        this.clock.now(),
      ]);
    });
    return token;
  }

  private async find(hash: Buffer): Promise<TokenRow | undefined> {
    const rows = await preparedQuery<TokenRow>(this.dataSource, FIND_TOKEN, [hash]);
    return rows[0];
  }

  private async endOlderTokens(row: TokenRow): Promise<void> {
    await this.dataSource.transaction(async (transaction) => {
      await transaction.query(`SELECT 1 FROM devices WHERE id = $1 FOR UPDATE`, [row.id]);
      const [used]: [unknown[], number] = await transaction.query(
        `UPDATE device_tokens SET first_used_at = $2 WHERE token_hash = $1 AND first_used_at IS NULL RETURNING 1`,
        [row.token_hash, this.clock.now()],
      );
      if (used.length > 0) {
        await transaction.query(
          `DELETE FROM device_tokens WHERE device_id = $1 AND token_hash <> $2 AND first_used_at IS NOT NULL`,
          [row.id, row.token_hash],
        );
      }
    });
  }
}
