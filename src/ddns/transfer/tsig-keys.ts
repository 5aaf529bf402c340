import { randomBytes, randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { normalizeName } from '../../kernel/domain-name.js';
import { DomainError } from '../../kernel/errors.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { SecretBox } from '../../platform/security/secret-box.js';
import { presentName, wireName } from '../domain/name.js';
import { TSIG_ALGORITHMS, type TsigAlgorithm, TSIG_MAC_OCTETS } from '../wire/tsig-key.js';
import { knownZone } from './known-zone.js';
import { nextZonePeerRevision } from './zone-peer-change.js';
import { ZonePeers } from './zone-peers.js';

export interface NewTransferKey {
  readonly zone: string;
  readonly name: string;
  readonly algorithm: string;
}

/** A device's key for updates by existing clients. */
export interface NewUpdateKey {
  readonly device: { readonly id: string; readonly name: string; readonly zone: string };
  readonly types: readonly ('TXT' | 'A' | 'AAAA')[];
  readonly algorithm?: TsigAlgorithm;
}

/** What is shown once. `secret` is base64, as every DNS software takes it. */
export interface CreatedTsigKey {
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  readonly secret: string;
}

export interface ListedTsigKey {
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  readonly use: 'transfer';
  readonly createdAt: Date;
}

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';
const KEY_LABEL_OCTETS = 8;

/** How long the row of a deleted key stays for the other servers to see. */
const TOMBSTONE_DAYS = 7;

/** TSIG keys of zones: made by operators for transfers, and for devices' updates. Secrets are sealed at rest. */
@Injectable()
export class TsigKeys {
  constructor(
    private readonly database: DataSource,
    private readonly peers: ZonePeers,
    private readonly secrets: SecretBox,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `unknown_zone`, `invalid_request`, `conflict` */
  async createForTransfer(wanted: NewTransferKey): Promise<CreatedTsigKey> {
    const zone = knownZone(this.config, wanted.zone);
    const name = wireName(wanted.name);
    if (name === undefined || name === '\0')
      throw refuseField('name', 'has to be a domain name, such as ns1.example.com');
    const algorithm = TSIG_ALGORITHMS.find((known) => known === normalizeName(wanted.algorithm));
    if (!algorithm) throw refuseField('algorithm', `has to be one of ${TSIG_ALGORITHMS.join(', ')}`);
    const created = await this.database.transaction((transaction) =>
      this.#insert(transaction, { zone, name: presentName(name), algorithm }),
    );
    await this.peers.refresh();
    return created;
  }

  /**
   * Makes a key for updates of a device's records, in the caller's transaction. Call `published` after the commit.
   * Its name is ours to choose: below the device's name, so that a log tells whose it is.
   */
  createForDevice(transaction: EntityManager, { device, types, algorithm }: NewUpdateKey): Promise<CreatedTsigKey> {
    const name = `${randomBytes(KEY_LABEL_OCTETS).toString('hex')}.${device.name}`;
    return this.#insert(transaction, { zone: device.zone, name, algorithm: algorithm ?? 'hmac-sha256', device, types });
  }

  /** This server knows of every key that was committed before the call. */
  published(): Promise<void> {
    return this.peers.refresh();
  }

  /** The transfer keys of a zone, oldest first. @throws DomainError `unknown_zone` */
  async list(zone: string): Promise<ListedTsigKey[]> {
    const rows = await this.database.query<{ name: string; algorithm: TsigAlgorithm; created_at: Date }[]>(
      `SELECT name, algorithm, created_at FROM tsig_keys
        WHERE zone = $1 AND use = 'transfer' AND deleted_at IS NULL ORDER BY created_at, id`,
      [knownZone(this.config, zone)],
    );
    return rows.map(({ name, algorithm, created_at }) => ({ name, algorithm, use: 'transfer', createdAt: created_at }));
  }

  /** Ends a transfer key. @throws DomainError `unknown_zone`, `not_found`, `conflict` while a secondary uses it */
  async delete(zone: string, name: string): Promise<void> {
    const known = knownZone(this.config, zone);
    await this.database.transaction(async (transaction) => {
      // First of all, so that no secondary takes the key between the look and the deletion.
      const revision = await nextZonePeerRevision(transaction);
      const used = await transaction.query<{ address: string }[]>(
        `SELECT s.address FROM secondaries s JOIN tsig_keys k ON k.id = s.tsig_key_id
          WHERE k.zone = $1 AND k.name = $2 AND k.deleted_at IS NULL`,
        [known, normalizeName(name)],
      );
      if (used[0]) {
        throw new DomainError(
          'conflict',
          `The secondary ${used[0].address} uses this key; delete the secondary, or add it again with another key, first.`,
        );
      }
      const condition = `zone = $4 AND name = $5 AND use = 'transfer'`;
      const count = await this.#delete(transaction, revision, condition, [known, normalizeName(name)]);
      if (count === 0) throw new DomainError('not_found', `There is no transfer key ${name} in ${known}.`);
    });
    await this.peers.refresh();
  }

  /** Ends one update key of a device, or all of them, in the caller's transaction. @returns how many there were. */
  async deleteForDevice(transaction: EntityManager, deviceId: string, name?: string): Promise<number> {
    const revision = await nextZonePeerRevision(transaction);
    return name === undefined
      ? this.#delete(transaction, revision, 'device_id = $4', [deviceId])
      : this.#delete(transaction, revision, 'device_id = $4 AND name = $5', [deviceId, normalizeName(name)]);
  }

  async #insert(
    transaction: EntityManager,
    key: {
      readonly zone: string;
      readonly name: string;
      readonly algorithm: TsigAlgorithm;
      readonly device?: NewUpdateKey['device'];
      readonly types?: readonly string[];
    },
  ): Promise<CreatedTsigKey> {
    const secret = randomBytes(TSIG_MAC_OCTETS[key.algorithm]);
    const revision = await nextZonePeerRevision(transaction);
    const { zone, name, algorithm, device, types } = key;
    try {
      await transaction.query(
        `INSERT INTO tsig_keys
           (id, name, zone, algorithm, use, sealed_secret, device_id, device_name, types, created_at, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
        [
          randomUUID(),
          name,
          zone,
          algorithm,
          device ? 'update' : 'transfer',
          this.secrets.seal(secret),
          device?.id ?? null,
          device?.name ?? null,
          types ?? null,
          this.clock.now(),
          revision,
        ],
      );
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (code === UNIQUE_VIOLATION) throw new DomainError('conflict', `There is a key ${name} already.`);
      if (code === FOREIGN_KEY_VIOLATION) throw new DomainError('not_found', 'There is no such device.');
      throw error;
    }
    return { name, algorithm, secret: secret.toString('base64') };
  }

  /** `condition`'s parameters begin with $4. */
  async #delete(
    transaction: EntityManager,
    revision: string,
    condition: string,
    parameters: readonly string[],
  ): Promise<number> {
    const now = this.clock.now();
    const [, count] = await transaction.query<[unknown[], number]>(
      `WITH gone AS (
         DELETE FROM tsig_keys WHERE deleted_at < $1::timestamptz - make_interval(days => $3)
       )
       UPDATE tsig_keys SET deleted_at = $1, sealed_secret = NULL, revision = $2
        WHERE deleted_at IS NULL AND ${condition}`,
      [now, revision, TOMBSTONE_DAYS, ...parameters],
    );
    return count;
  }
}

function refuseField(field: string, detail: string): DomainError {
  return new DomainError('invalid_request', `${field} ${detail}.`, { errors: [{ field, detail }] });
}
