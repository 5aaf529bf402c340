import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, type Repository } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import {
  fingerprintOf,
  hashCredential,
  looksLikeCredential,
  newCredential,
} from '../../platform/security/credential.js';
import type { Role } from '../domain/role.js';
import { AdminToken } from './admin-token.js';
import { ApiKeyEntity } from './api-key.entity.js';

/** Who makes an operator call. */
export interface Operator {
  /** The API key's id, or `admin-token`. */
  readonly id: string;
  readonly role: Role;
  /** Tells one credential from the next of the same id, and gives nothing away of it. */
  readonly fingerprint: string;
}

const ADMIN_ID = 'admin-token';

function operatorOf({ id, role, keyHash }: ApiKeyEntity): Operator {
  return { id, role, fingerprint: fingerprintOf(keyHash) };
}

/** Operator credentials: the bootstrap admin token, and API keys with a role. */
@Injectable()
export class ApiKeys {
  constructor(
    @InjectRepository(ApiKeyEntity) private readonly keys: Repository<ApiKeyEntity>,
    private readonly adminToken: AdminToken,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `unauthorized` */
  async authenticate(presented: string): Promise<Operator> {
    if (this.adminToken.matches(presented)) return this.admin();
    const key = looksLikeCredential(presented, 'fco_')
      ? await this.keys.findOneBy({ keyHash: hashCredential(presented), revokedAt: IsNull() })
      : null;
    if (!key || (key.expiresAt && key.expiresAt <= this.clock.now())) {
      throw new DomainError(
        'unauthorized',
        'This is not an operator credential of this server (fco_…), or it was revoked or has expired.',
      );
    }
    return operatorOf(key);
  }

  /** Who was authenticated before, with the role of now; undefined when that credential does not work any more. */
  async stillValid(id: string, fingerprint: string): Promise<Operator | undefined> {
    if (id === ADMIN_ID) return this.adminToken.fingerprint === fingerprint ? this.admin() : undefined;
    const key = await this.keys.findOneBy({ id, revokedAt: IsNull() });
    if (!key || (key.expiresAt && key.expiresAt <= this.clock.now())) return undefined;
    return fingerprintOf(key.keyHash) === fingerprint ? operatorOf(key) : undefined;
  }

  async create(role: Role, note?: string, expiresAt?: Date): Promise<{ id: string; key: string; role: Role }> {
    const key = newCredential('fco_');
    const id = randomUUID();
    await this.keys.insert({
      id,
      keyHash: hashCredential(key),
      role,
      note: note ?? null,
      createdAt: this.clock.now(),
      expiresAt: expiresAt ?? null,
      revokedAt: null,
    });
    return { id, key, role };
  }

  list(): Promise<ApiKeyEntity[]> {
    return this.keys.find({ where: { revokedAt: IsNull() }, order: { createdAt: 'ASC', id: 'ASC' } });
  }

  /** @throws DomainError `not_found` */
  async revoke(id: string): Promise<void> {
    const { affected } = await this.keys.update({ id, revokedAt: IsNull() }, { revokedAt: this.clock.now() });
    if (!affected) throw new DomainError('not_found', 'There is no such API key; GET /v1/api-keys lists them.');
  }

  private admin(): Operator {
    return { id: ADMIN_ID, role: 'admin', fingerprint: this.adminToken.fingerprint };
  }
}
