import { randomBytes, randomUUID } from 'node:crypto';

import { Inject, Injectable, Logger } from '@nestjs/common';

import { Clock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { joinedWrite } from '../../platform/database/joined-write.js';
import { hashCredential, newCredential } from '../../platform/security/credential.js';
import { admitAddresses } from '../domain/address-policy.js';
import { LABEL_RANDOM_OCTETS, labelFrom } from '../domain/label.js';
import { NamePublisher } from '../ports/name-publisher.js';
import { EnrollmentKeys } from './enrollment-keys.js';
import { EnrollmentWriter } from './enrollment-writer.js';

export interface EnrollmentRequest {
  readonly enrollmentKey: string;
  readonly hardwareId?: string;
  readonly addresses?: readonly string[];
}

export interface EnrolledDevice {
  readonly deviceId: string;
  readonly name: string;
  readonly label: string;
  readonly zone: string;
  /** Shown this once. */
  readonly token: string;
  readonly addresses: readonly string[];
  readonly serverTime: string;
}

/** Gives a device its name and credential. When it answers, the DNS serves the device's addresses. */
@Injectable()
export class Enrollment {
  private readonly logger = new Logger(Enrollment.name);

  constructor(
    private readonly keys: EnrollmentKeys,
    private readonly writer: EnrollmentWriter,
    private readonly names: NamePublisher,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** @throws DomainError `enrollment_key_invalid`, `hardware_id_enrolled`, `address_not_allowed`, `invalid_request` */
  async enroll(request: EnrollmentRequest): Promise<EnrolledDevice> {
    const key = await this.keys.findUsable(request.enrollmentKey);
    const policy = this.config.addressPolicy;
    const addresses = admitAddresses(request.addresses ?? [], policy.ranges, policy.name);
    const now = this.clock.now();
    const deviceId = randomUUID();
    const label = labelFrom(randomBytes(LABEL_RANDOM_OCTETS));
    const name = `${label}.${key.zone}`;
    const token = newCredential('fcd_');
    const write = joinedWrite(this.writer, {
      deviceId,
      label,
      zone: key.zone,
      name,
      hardwareId: request.hardwareId ?? null,
      addresses,
      group: key.group,
      enrollmentKeyId: key.id,
      tokenHash: hashCredential(token),
      now,
    });
    await this.names.publish({ deviceId, name, zone: key.zone, addresses, wildcard: false }, write);
    this.logger.log({ deviceId, name, enrollmentKeyId: key.id }, 'device enrolled');
    return { deviceId, name, label, zone: key.zone, token, addresses, serverTime: now.toISOString() };
  }
}
