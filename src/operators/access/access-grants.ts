import { randomUUID } from 'node:crypto';

import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { TsigKeys } from '../../ddns/transfer/tsig-keys.js';
import { DoorChallenges } from '../../doors/door-challenges.js';
import { DoorCredentials, type PasswordDoor } from '../../doors/door-credentials.js';
import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';

/** The record types that a device's update key may reach, below and at the device's name. */
export const UPDATE_TYPES = ['TXT', 'A', 'AAAA'] as const;

export type UpdateType = (typeof UPDATE_TYPES)[number];

/** What nsupdate, certbot-dns-rfc2136 or lego need; shown once. */
export interface Rfc2136Access {
  readonly accessId: string;
  readonly door: 'rfc2136';
  /** Address of this server's DNS, with `:port` where that is not 53. */
  readonly server: string;
  readonly zone: string;
  readonly keyName: string;
  readonly algorithm: string;
  /** Base64. */
  readonly secret: string;
  readonly types: readonly UpdateType[];
}

/** What clients of acme-dns keep of a registration; shown once. */
export interface AcmeDnsAccess {
  readonly accessId: string;
  readonly door: 'acme-dns';
  readonly username: string;
  readonly password: string;
  /** Where the TXT values are served: a CNAME to it lets other names use the device's access, too. */
  readonly fulldomain: string;
  readonly subdomain: string;
  readonly allowfrom: readonly string[];
  readonly server_url: string;
}

/** What lego's httpreq, ddclient or a router need; shown once. */
export interface PasswordAccess {
  readonly accessId: string;
  readonly door: 'httpreq' | 'dyndns2';
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

export type Access = Rfc2136Access | AcmeDnsAccess | PasswordAccess;

/** What is asked for. */
export interface WantedAccess {
  readonly door: 'rfc2136' | PasswordDoor;
  /** rfc2136 only; default TXT. */
  readonly types?: readonly UpdateType[];
  /** acme-dns only: CIDR ranges that its updates may come from; default: from everywhere. */
  readonly allowfrom?: readonly string[];
}

interface OwnDevice {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
}

export interface ListedAccess {
  readonly accessId: string;
  readonly door: string;
  readonly name: string;
  readonly types: readonly string[];
  readonly createdAt: Date;
}

const MOST_PER_DEVICE = 20;

/** Credentials for clients that a device's owner has already. Each one reaches the names of its device and nothing else. */
@Injectable()
export class AccessGrants {
  private readonly logger = new Logger(AccessGrants.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly tsigKeys: TsigKeys,
    private readonly doors: DoorCredentials,
    private readonly challenges: DoorChallenges,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** @throws DomainError `not_found`, `device_suspended`, `conflict` */
  async create(deviceId: string, wanted: WantedAccess): Promise<Access> {
    const made = await this.dataSource.transaction(async (transaction) => {
      const device = await this.admit(transaction, deviceId);
      return wanted.door === 'rfc2136'
        ? this.updateKey(transaction, device, wanted.types ?? ['TXT'])
        : this.password(transaction, device, wanted.door, wanted.allowfrom ?? []);
    });
    if (made.door === 'rfc2136') await this.tsigKeys.published();
    this.logger.log({ deviceId, accessId: made.accessId, door: made.door }, 'access for an existing client made');
    return made;
  }

  /** The device, locked, if it may have one more. */
  private async admit(transaction: EntityManager, deviceId: string): Promise<OwnDevice> {
    const devices: (OwnDevice & { state: string })[] = await transaction.query(
      `SELECT id, name, zone, state FROM devices WHERE id = $1 AND state <> 'deleted' FOR UPDATE`,
      [deviceId],
    );
    const device = devices[0];
    if (!device) throw unknownDevice();
    if (device.state === 'suspended') {
      throw new DomainError('device_suspended', 'The device is suspended; resume it first.');
    }
    const counted: { count: number }[] = await transaction.query(
      `SELECT count(*)::int AS count FROM device_access WHERE device_id = $1`,
      [deviceId],
    );
    if (counted[0]!.count >= MOST_PER_DEVICE) {
      throw new DomainError(
        'conflict',
        `The device has ${MOST_PER_DEVICE} credentials; end one that is not used any more.`,
      );
    }
    return device;
  }

  private async updateKey(
    transaction: EntityManager,
    { id, name, zone }: OwnDevice,
    wanted: readonly UpdateType[],
  ): Promise<Rfc2136Access> {
    const accessId = randomUUID();
    const types = [...new Set(wanted)];
    const key = await this.tsigKeys.createForDevice(transaction, { device: { id, name, zone }, types });
    await transaction.query(
      `INSERT INTO device_access (id, device_id, door, credential_name, types, created_at) VALUES ($1, $2, 'rfc2136', $3, $4, $5)`,
      [accessId, id, key.name, types, this.clock.now()],
    );
    const { name: keyName, algorithm, secret } = key;
    return { accessId, door: 'rfc2136', server: this.server(), zone, keyName, algorithm, secret, types };
  }

  private async password(
    transaction: EntityManager,
    device: OwnDevice,
    door: PasswordDoor,
    allowfrom: readonly string[],
  ): Promise<AcmeDnsAccess | PasswordAccess> {
    const [accessId, subdomain] = [randomUUID(), randomUUID()];
    const account = { accessId, deviceId: device.id, door, allowFrom: allowfrom, now: this.clock.now() };
    const password = await this.doors.create(
      transaction,
      door === 'acme-dns' ? { ...account, subdomain } : { ...account, allowFrom: [] },
    );
    const base = this.config.http.publicUrl;
    if (door !== 'acme-dns') {
      const url = `${base}/${door === 'httpreq' ? 'httpreq' : 'nic/update'}`;
      return { accessId, door, url, username: accessId, password };
    }
    const fulldomain = `_acme-challenge.${device.name}`;
    const names = { fulldomain, subdomain, allowfrom, server_url: `${base}/acme-dns` };
    return { accessId, door, username: accessId, password, ...names };
  }

  /** Oldest first. @throws DomainError `not_found` */
  async list(deviceId: string): Promise<ListedAccess[]> {
    await this.assertDevice(deviceId);
    const rows: { id: string; door: string; credential_name: string; types: string[]; created_at: Date }[] =
      await this.dataSource.query(
        `SELECT id, door, credential_name, types, created_at FROM device_access WHERE device_id = $1 ORDER BY created_at, id`,
        [deviceId],
      );
    return rows.map(({ id, door, credential_name, types, created_at }) => ({
      accessId: id,
      door,
      name: credential_name,
      types,
      createdAt: created_at,
    }));
  }

  /** @throws DomainError `not_found` */
  async end(deviceId: string, accessId: string): Promise<void> {
    const zone = await this.dataSource.transaction(async (transaction) => {
      // As whoever makes a credential or deletes the device: its row is locked first.
      const devices: { zone: string }[] = await transaction.query(
        `SELECT zone FROM devices WHERE id = $1 FOR NO KEY UPDATE`,
        [deviceId],
      );
      const [ended]: [{ credential_name: string; door: string }[], number] = await transaction.query(
        `DELETE FROM device_access WHERE id = $1 AND device_id = $2 RETURNING credential_name, door`,
        [accessId, deviceId],
      );
      if (!ended[0]) throw new DomainError('not_found', 'This device has no such access; GET …/access lists them.');
      if (ended[0].door !== 'rfc2136') return devices[0]?.zone;
      await this.tsigKeys.deleteForDevice(transaction, deviceId, ended[0].credential_name);
      return undefined;
    });
    await this.tsigKeys.published();
    if (zone !== undefined) await this.challenges.removeAll(zone, accessId);
  }

  /** Ends all of a device's credentials in the transaction that deletes it. Call `published` after the commit. */
  async endAll(transaction: EntityManager, deviceId: string): Promise<void> {
    await transaction.query(`DELETE FROM device_access WHERE device_id = $1`, [deviceId]);
    await this.tsigKeys.deleteForDevice(transaction, deviceId);
  }

  /** This server's DNS knows of every credential that was made or ended before the call. */
  published(): Promise<void> {
    return this.tsigKeys.published();
  }

  private async assertDevice(deviceId: string): Promise<void> {
    const rows: unknown[] = await this.dataSource.query(`SELECT 1 FROM devices WHERE id = $1 AND state <> 'deleted'`, [
      deviceId,
    ]);
    if (rows.length === 0) throw unknownDevice();
  }

  /** Where clients send updates: the first name server's address, at the port that we listen on. */
  private server(): string {
    const { nameServers, listen } = this.config.dns;
    const { port, address: listenAddress } = listen[0]!;
    const address = nameServers.flatMap((server) => server.addresses)[0] ?? nameServers[0]?.name ?? listenAddress;
    if (port === 53) return address;
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  }
}

function unknownDevice(): DomainError {
  return new DomainError('not_found', 'There is no such device; GET /v1/devices lists them.');
}
