import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { normalizeName } from '../../kernel/domain-name.js';
import { DomainError } from '../../kernel/errors.js';
import { normalizeAddress } from '../../kernel/ip-address.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { mustWireName } from '../domain/name.js';
import { SecondaryProbe } from '../notify/secondary-probe.js';
import { knownZone } from './known-zone.js';
import { nextZonePeerRevision } from './zone-peer-change.js';
import { ZonePeers } from './zone-peers.js';

export interface NewSecondary {
  readonly zone: string;
  readonly address: string;
  readonly port: number;
  /** The name of one of the zone's transfer keys. */
  readonly tsigKey?: string;
}

export interface ListedSecondary {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly tsigKey: string | null;
  readonly createdAt: Date;
  /** The SOA serial that it serves at this moment; null when it did not answer. */
  readonly serial: number | null;
}

interface SecondaryRow {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly tsig_key: string | null;
  readonly created_at: Date;
}

const UNIQUE_VIOLATION = '23505';

/** The servers that transfer our zones: allowed to, sent NOTIFY, and looked at. */
@Injectable()
export class Secondaries {
  constructor(
    private readonly database: DataSource,
    private readonly peers: ZonePeers,
    private readonly probe: SecondaryProbe,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `unknown_zone`, `invalid_request`, `not_found` (the key), `conflict` */
  async create(wanted: NewSecondary): Promise<{ readonly id: string }> {
    const zone = knownZone(this.config, wanted.zone);
    const address = normalizeAddress(wanted.address);
    if (address === undefined) throw refuseField('address', 'has to be an IPv4 or IPv6 address');
    const { port } = wanted;
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw refuseField('port', 'has to be from 1 to 65535');
    const id = randomUUID();
    await this.database.transaction(async (transaction) => {
      await nextZonePeerRevision(transaction);
      const keyId = wanted.tsigKey === undefined ? null : await this.#keyId(transaction, zone, wanted.tsigKey);
      try {
        await transaction.query(
          `INSERT INTO secondaries (id, zone, address, port, tsig_key_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
          [id, zone, address, port, keyId, this.clock.now()],
        );
      } catch (error) {
        if ((error as { code?: unknown }).code !== UNIQUE_VIOLATION) throw error;
        throw new DomainError('conflict', `${address} port ${port} is a secondary of ${zone} already.`);
      }
    });
    await this.peers.refresh();
    return { id };
  }

  /** Oldest first, each with the serial it serves now; asking takes two seconds at most. @throws DomainError `unknown_zone` */
  async list(zone: string): Promise<ListedSecondary[]> {
    const known = knownZone(this.config, zone);
    const rows = await this.database.query<SecondaryRow[]>(
      `SELECT s.id, s.address, s.port, k.name AS tsig_key, s.created_at
         FROM secondaries s LEFT JOIN tsig_keys k ON k.id = s.tsig_key_id
        WHERE s.zone = $1 ORDER BY s.created_at, s.id`,
      [known],
    );
    return Promise.all(
      rows.map(async ({ id, address, port, tsig_key, created_at }) => {
        const serial = await this.probe.serial(mustWireName(known), { address, port });
        return { id, address, port, tsigKey: tsig_key, createdAt: created_at, serial: serial ?? null };
      }),
    );
  }

  /** @throws DomainError `unknown_zone`, `not_found` */
  async delete(zone: string, id: string): Promise<void> {
    const known = knownZone(this.config, zone);
    await this.database.transaction(async (transaction) => {
      await nextZonePeerRevision(transaction);
      const [, count] = await transaction.query<[unknown[], number]>(
        `DELETE FROM secondaries WHERE zone = $1 AND id::text = $2`,
        [known, id],
      );
      if (count === 0) throw new DomainError('not_found', `There is no such secondary of ${known}.`);
    });
    await this.peers.refresh();
  }

  async #keyId(transaction: Pick<DataSource, 'query'>, zone: string, name: string): Promise<string> {
    const [key] = await transaction.query<{ id: string }[]>(
      `SELECT id FROM tsig_keys WHERE zone = $1 AND name = $2 AND use = 'transfer' AND deleted_at IS NULL`,
      [zone, normalizeName(name)],
    );
    if (!key) throw new DomainError('not_found', `There is no transfer key ${name} in ${zone}; make it first.`);
    return key.id;
  }
}

function refuseField(field: string, detail: string): DomainError {
  return new DomainError('invalid_request', `${field} ${detail}.`, { errors: [{ field, detail }] });
}
