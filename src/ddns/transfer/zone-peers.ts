import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { NotificationListener } from '../../platform/database/notification-listener.js';
import { SecretBox } from '../../platform/security/secret-box.js';
import { mustWireName, type WireName } from '../domain/name.js';
import { typeNumber } from '../domain/rr-type.js';
import type { UpdateGrant } from '../update/domain/update-grant.js';
import { type TsigAlgorithm, type TsigKey, tsigKey } from '../wire/tsig-key.js';
import { ZONE_PEERS_CHANNEL } from './zone-peer-change.js';

/** How long a server may go on without knowing of a change when its notification is lost. */
const POLL_MILLISECONDS = 2000;

/** A key, and what it is good for in its zone. */
export interface PeerKey {
  readonly key: TsigKey;
  readonly zone: WireName;
  /** The records that its holder may update; absent: it may transfer the zone. */
  readonly grant?: UpdateGrant;
  /** The device whose records those are. */
  readonly deviceId?: string;
}

/** A server that transfers a zone from us. */
export interface ZoneSecondary {
  readonly id: string;
  readonly zone: WireName;
  /** Normalized text. */
  readonly address: string;
  readonly port: number;
  /** It has to sign its requests; without a key it is known by its address alone. */
  readonly isKeyed: boolean;
  /** The key that it signs its requests with, and we our NOTIFY. Absent also where the stored key does not open. */
  readonly key?: TsigKey;
}

interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  readonly algorithm: TsigAlgorithm;
  readonly sealed_secret: string | null;
  readonly device_id: string | null;
  readonly device_name: string | null;
  readonly types: string[] | null;
}

interface SecondaryRow {
  readonly id: string;
  readonly zone: string;
  readonly address: string;
  readonly port: number;
  readonly tsig_key_id: string | null;
}

/**
 * The keys and secondaries of all zones, in memory: a message with an invented key name must not cost a database query.
 * Kept up to date by notifications, and by polling where those are lost.
 */
@Injectable()
export class ZonePeers implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ZonePeers.name);
  /** Rows, not keys: a secret is opened when it is first used. */
  readonly #rows = new Map<string, KeyRow>();
  readonly #idsByName = new Map<WireName, string>();
  readonly #opened = new Map<string, PeerKey | undefined>();
  readonly #listeners = new Set<() => void>();
  #secondaries: readonly SecondaryRow[] = [];
  #revision = '-1';
  #refreshing: Promise<void> | undefined;
  #again: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: () => void = () => undefined;

  constructor(
    private readonly database: DataSource,
    private readonly notifications: NotificationListener,
    private readonly secrets: SecretBox,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.refresh();
    const refresh = (): void => {
      this.refresh().catch((error: Error) => this.logger.warn(`keys and secondaries were not read: ${error.message}`));
    };
    this.#unsubscribe = this.notifications.subscribe(ZONE_PEERS_CHANNEL, {
      onNotification: refresh,
      onConnected: refresh,
    });
    this.#timer = setInterval(refresh, POLL_MILLISECONDS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.#unsubscribe();
    clearInterval(this.#timer);
    await Promise.allSettled([this.#refreshing, this.#again]);
  }

  /** The key of a canonical name, or undefined. */
  findKey(name: WireName): PeerKey | undefined {
    const id = this.#idsByName.get(name);
    return id === undefined ? undefined : this.#keyOf(id);
  }

  /** The secondaries of a zone. */
  secondaries(zone: WireName): readonly ZoneSecondary[] {
    return this.allSecondaries().filter((secondary) => secondary.zone === zone);
  }

  /** The secondaries of all zones. */
  allSecondaries(): readonly ZoneSecondary[] {
    return this.#secondaries.map(({ id, zone, address, port, tsig_key_id }) => ({
      id,
      zone: mustWireName(zone),
      address,
      port,
      isKeyed: tsig_key_id !== null,
      ...(tsig_key_id !== null && { key: this.#keyOf(tsig_key_id)?.key }),
    }));
  }

  /** Calls `listener` after each change, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when everything that was committed before the call is known here. */
  refresh(): Promise<void> {
    if (!this.#refreshing) {
      this.#refreshing = this.#read().finally(() => (this.#refreshing = undefined));
      return this.#refreshing;
    }
    // One is under way and may have read already: a second one after it serves everyone who comes until then.
    this.#again ??= this.#refreshing
      .catch(() => undefined)
      .then(() => {
        this.#again = undefined;
        return this.refresh();
      });
    return this.#again;
  }

  async #read(): Promise<void> {
    const changed = await this.database.transaction('REPEATABLE READ', async (transaction) => {
      const [{ revision }] = await transaction.query<[{ revision: string }]>(
        `SELECT revision FROM zone_peers_revision`,
      );
      if (revision === this.#revision) return false;
      const keys = await transaction.query<KeyRow[]>(
        `SELECT id, name, zone, algorithm, sealed_secret, device_id, device_name, types
           FROM tsig_keys WHERE revision > $1 ORDER BY revision`,
        [this.#revision],
      );
      const secondaries = await transaction.query<SecondaryRow[]>(
        `SELECT id, zone, address, port, tsig_key_id FROM secondaries ORDER BY created_at, id`,
      );
      for (const row of keys) this.#put(row);
      this.#secondaries = secondaries;
      this.#revision = revision;
      return true;
    });
    if (changed) for (const listener of this.#listeners) listener();
  }

  #put(row: KeyRow): void {
    const name = mustWireName(row.name);
    this.#opened.delete(row.id);
    if (row.sealed_secret !== null) {
      this.#rows.set(row.id, row);
      this.#idsByName.set(name, row.id);
      return;
    }
    this.#rows.delete(row.id);
    // The name may have been given to a new key meanwhile.
    if (this.#idsByName.get(name) === row.id) this.#idsByName.delete(name);
  }

  #keyOf(id: string): PeerKey | undefined {
    if (this.#opened.has(id)) return this.#opened.get(id);
    const row = this.#rows.get(id);
    const opened = row && this.#open(row);
    if (row) this.#opened.set(id, opened);
    return opened;
  }

  #open(row: KeyRow): PeerKey | undefined {
    try {
      const secret = this.secrets.open(row.sealed_secret!);
      const zone = mustWireName(row.zone);
      const key = tsigKey(mustWireName(row.name), row.algorithm, secret);
      if (row.device_id === null || row.device_name === null) return { key, zone };
      const types = new Set((row.types ?? []).map((type) => typeNumber(type)!));
      return { key, zone, grant: { device: mustWireName(row.device_name), types }, deviceId: row.device_id };
    } catch (error) {
      this.logger.error({ err: error, key: row.name }, 'a TSIG key cannot be used');
      return undefined;
    }
  }
}
