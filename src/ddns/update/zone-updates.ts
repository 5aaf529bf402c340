import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import type { DeviceNamesSeen } from '../../devices/device-changed.js';
import { admitAddresses, MAX_ADDRESSES } from '../../devices/domain/address-policy.js';
import { Clock } from '../../kernel/clock.js';
import { DomainError, type ErrorCode } from '../../kernel/errors.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { joinedWrite } from '../../platform/database/joined-write.js';
import { publishAlias } from '../domain/alias-records.js';
import { publishDevice } from '../domain/device-records.js';
import { isAtOrBelow, mustWireName, presentName, type WireName } from '../domain/name.js';
import type { ZoneEdit } from '../domain/zone-edit.js';
import { ZoneWriter } from '../store/zone-writer.js';
import { editByUpdate, updateOwner } from './domain/update-edit.js';
import type { UpdateGrant } from './domain/update-grant.js';
import type { UpdateRcode, UpdateRequest } from './domain/update-request.js';
import { UpdateWriter } from './update-writer.js';

/** Names that one update may mention: each is read from the database. */
const MAX_NAMES = 256;

/** Refusals of a zone change that are the client's business; everything else is our fault. */
const CLIENT_ERRORS: ReadonlySet<ErrorCode> = new Set([
  'address_not_allowed',
  'invalid_request',
  'conflict',
  'device_suspended',
  'record_rejected',
  'not_found',
]);

/** Whose update it is. */
export interface Updater {
  readonly deviceId: string;
  readonly grant: UpdateGrant;
}

/** Applies RFC 2136 updates: all of one in one transaction with the device's row, or nothing. */
@Injectable()
export class ZoneUpdates {
  private readonly logger = new Logger(ZoneUpdates.name);

  constructor(
    private readonly database: DataSource,
    private readonly zones: ZoneWriter,
    private readonly writer: UpdateWriter,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** When it resolves with NOERROR, this server's DNS serves the change; with anything else, nothing has changed. */
  async apply(apex: WireName, request: UpdateRequest, updater: Updater): Promise<UpdateRcode | 'NOERROR' | 'SERVFAIL'> {
    const { device } = updater.grant;
    const names = [...new Set([...request.prerequisites, ...request.updates].map(({ name }) => name))];
    if (names.length > MAX_NAMES) return this.#refuse(device, 'REFUSED', `it mentions more than ${MAX_NAMES} names`);
    const attempt = new UpdateAttempt(request, updater);
    try {
      const own = await this.#namesOf(updater.deviceId);
      const { wildcard } = own;
      const aliases = (own.aliases ?? []).map((label) => mustWireName(`${label}.${presentName(apex)}`));
      await this.zones.commit({
        zone: presentName(apex),
        scope: {
          names: names.filter((name) => isAtOrBelow(name, apex)),
          subtrees: [device, ...aliases],
          txtOwners: [updateOwner(updater.deviceId)],
        },
        edit: (edit) =>
          attempt.edit(edit, (addresses) => {
            const { ranges, name } = this.config.addressPolicy;
            const admitted = admitAddresses(addresses, ranges, name);
            if (admitted.length > MAX_ADDRESSES) {
              throw new DomainError('invalid_request', `A device has at most ${MAX_ADDRESSES} addresses.`);
            }
            const ipNames = this.config.dns.ipNames === 'registered';
            publishDevice(edit, { ...updater, name: device, addresses: admitted, wildcard, ipNames });
            for (const alias of aliases) publishAlias(edit, { ...updater, name: alias, addresses: admitted, wildcard });
            return admitted;
          }),
        write: joinedWrite(this.writer, {
          deviceId: updater.deviceId,
          now: this.clock.now(),
          addresses: () => attempt.addresses,
          names: own,
        }),
      });
      return 'NOERROR';
    } catch (error) {
      if (attempt.refusal) return this.#refuse(device, attempt.refusal.rcode, attempt.refusal.detail);
      if (!(error instanceof DomainError)) throw error;
      if (CLIENT_ERRORS.has(error.code)) return this.#refuse(device, 'REFUSED', error.detail);
      this.logger.warn(`an update for ${presentName(device)} failed: ${error.detail}`);
      return 'SERVFAIL';
    }
  }

  #refuse(device: WireName, rcode: UpdateRcode, detail: string): UpdateRcode {
    this.logger.log(`an update for ${presentName(device)} is ${rcode}: ${detail}`);
    return rcode;
  }

  async #namesOf(deviceId: string): Promise<DeviceNamesSeen> {
    const rows = await this.database.query<DeviceNamesSeen[]>(`SELECT wildcard, aliases FROM devices WHERE id = $1`, [
      deviceId,
    ]);
    return rows[0] ?? { wildcard: false };
  }
}

/** The edit of one update, and what came of it. It may run more than once: each time for another transaction. */
class UpdateAttempt {
  refusal: { readonly rcode: UpdateRcode; readonly detail: string } | undefined;
  addresses: readonly string[] | undefined;

  constructor(
    private readonly request: UpdateRequest,
    private readonly updater: Updater,
  ) {}

  edit(edit: ZoneEdit, publish: (addresses: readonly string[]) => readonly string[]): void {
    const { grant, deviceId } = this.updater;
    const { refusal, addresses: wanted } = editByUpdate(edit, this.request, grant, deviceId);
    this.refusal = refusal;
    if (refusal) throw new DomainError('record_rejected', refusal.detail);
    this.addresses = wanted && publish(wanted);
  }
}
