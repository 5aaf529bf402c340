import { Injectable } from '@nestjs/common';

import { DeviceLifecycle } from '../../devices/device-lifecycle.js';
import type { DeletionPart } from '../../devices/lifecycle/deletion-writer.js';
import { Revocations } from '../../issuer/revocation/revocations.js';
import { AccessGrants } from '../access/access-grants.js';

/** Deletes devices with all that is theirs, in one transaction. */
@Injectable()
export class DeviceRemoval {
  constructor(
    private readonly lifecycle: DeviceLifecycle,
    private readonly revocations: Revocations,
    private readonly access: AccessGrants,
  ) {}

  /**
   * The device, its records, credential and update keys end together. With `revoke` so do its certificates: those in
   * force, and one that the CA is issuing right now as soon as it is there.
   * @throws DomainError `not_found`
   */
  async remove(deviceId: string, { revoke }: { readonly revoke: boolean }): Promise<void> {
    const parts: DeletionPart[] = [(transaction) => this.access.endAll(transaction, deviceId)];
    if (revoke) {
      parts.push(async (transaction, { now }) => {
        await this.revocations.revokeAll(transaction, deviceId, 'cessationOfOperation', now);
      });
    }
    await this.lifecycle.delete(deviceId, { revokeCertificates: revoke, parts });
    await this.access.published();
  }
}
