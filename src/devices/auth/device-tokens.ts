import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { preparedQueries } from '../../platform/database/prepared-query.js';
import { hashCredential, isSameHash, looksLikeCredential, newCredential } from '../../platform/security/credential.js';
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
  readonly addresses_told_at: Date | null;
}

const FIND_TOKEN = {
  name: 'find-device-token',
  text: `
    SELECT t.token_hash, t.first_used_at, d.id, d.name, d.zone, d.state, d.addresses, d.wildcard, d.aliases, d.addresses_told_at
      FROM device_tokens t JOIN devices d ON d.id = t.device_id
     WHERE t.token_hash = $1`,
};
/** So many calls share a round trip at most. */
const MAX_SHARED = 100;

/**
 * Device credentials. A device has one, or two while it rotates: the new one ends the old one when it is first used,
 * so that a device which dies between the answer and its disk is not locked out.
 */
@Injectable()
export class DeviceTokens {
  /** Calls that arrive in the same turn of the event loop, as many do after a stall, take one connection together. */
  readonly #found = new DataLoader<string, TokenRow | undefined>((hashes) => this.find(hashes), {
    cache: false,
    maxBatchSize: MAX_SHARED,
    batchScheduleFn: (load) => void setImmediate(load),
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** The device that a credential belongs to. @throws DomainError `unauthorized` */
  async authenticate(token: string): Promise<Device> {
    const hash = hashCredential(token);
    const row = looksLikeCredential(token, 'fcd_') ? await this.#found.load(hash.toString('hex')) : undefined;
    if (!row || !isSameHash(hash, row.token_hash) || row.state === 'deleted') {
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
      addressesToldAt: row.addresses_told_at,
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

  /** @param hashes in hexadecimal. @returns one entry a hash, in order. */
  private async find(hashes: readonly string[]): Promise<readonly (TokenRow | undefined)[]> {
    const answers = await preparedQueries<TokenRow>(
      this.dataSource,
      FIND_TOKEN,
      hashes.map((hash) => [Buffer.from(hash, 'hex')]),
    );
    return answers.map(([row]) => row);
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
