import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, type Repository } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { normalizeName } from '../../kernel/domain-name.js';
import { DomainError } from '../../kernel/errors.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { hashCredential, looksLikeCredential, newCredential } from '../../platform/security/credential.js';
import { refuseEnrollmentKey } from '../domain/enrollment-key.js';
import { EnrollmentKeyEntity } from './enrollment-key.entity.js';

export interface NewEnrollmentKey {
  readonly maxUses?: number;
  readonly expiresAt?: Date;
  readonly zone?: string;
  readonly group?: string;
  readonly note?: string;
}

/** Enrollment keys: made by operators, shown once, kept as a hash. */
@Injectable()
export class EnrollmentKeys {
  constructor(
    @InjectRepository(EnrollmentKeyEntity) private readonly keys: Repository<EnrollmentKeyEntity>,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `unknown_zone`, `invalid_request` */
  async create(wanted: NewEnrollmentKey): Promise<{ readonly id: string; readonly key: string }> {
    const now = this.clock.now();
    const zone = normalizeName(wanted.zone ?? this.config.dns.zones[0]!);
    if (!this.config.dns.zones.includes(zone)) {
      throw new DomainError(
        'unknown_zone',
        `${zone} is not a zone of this server (${this.config.dns.zones.join(', ')}).`,
      );
    }
    if (wanted.expiresAt && wanted.expiresAt <= now) {
      throw new DomainError('invalid_request', 'expiresAt has to be in the future.', {
        errors: [{ field: 'expiresAt', detail: 'is in the past' }],
      });
    }
    const key = newCredential('fck_');
    const id = randomUUID();
    await this.keys.insert({
      id,
      keyHash: hashCredential(key),
      zone,
      group: wanted.group ?? null,
      note: wanted.note ?? null,
      maxUses: wanted.maxUses ?? null,
      uses: 0,
      expiresAt: wanted.expiresAt ?? null,
      createdAt: now,
      revokedAt: null,
    });
    return { id, key };
  }

  /** @throws DomainError `enrollment_key_invalid` that says whether it is unknown, revoked, expired or used up. */
  async findUsable(presented: string): Promise<EnrollmentKeyEntity> {
    const key = looksLikeCredential(presented, 'fck_')
      ? await this.keys.findOneBy({ keyHash: hashCredential(presented) })
      : null;
    const refusal = refuseEnrollmentKey(key ?? undefined, this.clock.now());
    if (refusal) throw refusal;
    return key!;
  }

  /** Oldest first, those that were not revoked. */
  list(): Promise<EnrollmentKeyEntity[]> {
    return this.keys.find({ where: { revokedAt: IsNull() }, order: { createdAt: 'ASC', id: 'ASC' } });
  }

  /** Devices that it enrolled stay. @throws DomainError `not_found` */
  async revoke(id: string): Promise<void> {
    const { affected } = await this.keys.update({ id, revokedAt: IsNull() }, { revokedAt: this.clock.now() });
    if (!affected)
      throw new DomainError('not_found', 'There is no such enrollment key; GET /v1/enrollment-keys lists them.');
  }
}
