import { randomBytes } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { LastSeen } from '../devices/auth/last-seen.js';
import type { Device } from '../devices/domain/device.js';
import { Clock } from '../kernel/clock.js';
import { credentialMatches, hashCredential } from '../platform/security/credential.js';

/** The doors whose clients come with a user name and a password. */
export const PASSWORD_DOORS = ['acme-dns', 'httpreq', 'dyndns2'] as const;

export type PasswordDoor = (typeof PASSWORD_DOORS)[number];

/** 40 characters, as acme-dns has them and its clients check. */
const PASSWORD_OCTETS = 30;

/** Compared with where there is no such user, so that the answer takes as long. */
const NOBODY = hashCredential(randomBytes(PASSWORD_OCTETS).toString('base64url'));

export interface NewDoorAccess {
  /** The user name. */
  readonly accessId: string;
  readonly deviceId: string;
  readonly door: PasswordDoor;
  /** acme-dns: what the account is called in updates. */
  readonly subdomain?: string;
  /** CIDR ranges; none: from everywhere. */
  readonly allowFrom: readonly string[];
  readonly now: Date;
}

/** Who came in by a door. */
export interface DoorClient {
  readonly accessId: string;
  readonly device: Device;
  readonly subdomain: string | null;
  readonly allowFrom: readonly string[];
}

interface AccessRow extends Device {
  readonly secretHash: Buffer;
  readonly subdomain: string | null;
  readonly allowFrom: string[];
}

/** User names and passwords of existing clients: one device and one door each. Only hashes are stored. */
@Injectable()
export class DoorCredentials {
  constructor(
    private readonly dataSource: DataSource,
    private readonly lastSeen: LastSeen,
    private readonly clock: Clock,
  ) {}

  /** @returns the password, which is never shown again */
  async create(transaction: EntityManager, access: NewDoorAccess): Promise<string> {
    const password = randomBytes(PASSWORD_OCTETS).toString('base64url');
    await transaction.query(
      `INSERT INTO device_access (id, device_id, door, credential_name, types, created_at, secret_hash, subdomain, allow_from)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        access.accessId,
        access.deviceId,
        access.door,
        access.accessId,
        access.door === 'dyndns2' ? ['A', 'AAAA'] : ['TXT'],
        access.now,
        hashCredential(password),
        access.subdomain ?? null,
        access.allowFrom,
      ],
    );
    return password;
  }

  /** Whose user name and password these are; undefined when they are nobody's, or another door's. */
  async authenticate(door: PasswordDoor, username: string, password: string): Promise<DoorClient | undefined> {
    const row = UUID.test(username) ? await this.find(door, username) : undefined;
    if (!credentialMatches(password, row?.secretHash ?? NOBODY) || !row) return undefined;
    this.lastSeen.note(row.deviceId, this.clock.now());
    const { secretHash: _, subdomain, allowFrom, ...device } = row;
    return { accessId: username.toLowerCase(), device, subdomain, allowFrom };
  }

  private async find(door: PasswordDoor, accessId: string): Promise<AccessRow | undefined> {
    const rows: AccessRow[] = await this.dataSource.query(
      `SELECT a.secret_hash AS "secretHash", a.subdomain, a.allow_from AS "allowFrom",
              d.id AS "deviceId", d.name, d.zone, d.state, d.addresses, d.wildcard, d.aliases,
              d.addresses_told_at AS "addressesToldAt"
         FROM device_access a JOIN devices d ON d.id = a.device_id
        WHERE a.id = $1 AND a.door = $2 AND d.state <> 'deleted'`,
      [accessId, door],
    );
    return rows[0];
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
