import { Injectable } from '@nestjs/common';
import { DomainError } from '../../kernel/errors.js';
import type { JoinedTransaction, JoinedWriter, LockedWrites } from '../../platform/database/joined-write.js';
import type { PipelinedTransaction } from '../../platform/database/pipelined-transaction.js';
import type { EventConnection } from '../../platform/events/record-events.js';
import { DeviceChangedError, type DeviceNamesSeen } from '../device-changed.js';
import { recordAddressChanges, TOLD_LATELY } from './address-events.js';

export interface AddressChange {
  readonly deviceId: string;
  readonly addresses: readonly string[];
  readonly now: Date;
  /** The names that the zone's records were made for; when the device has others by now, the change is refused. */
  readonly names?: DeviceNamesSeen;
}

interface LockedDevice {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly wildcard: boolean;
  readonly aliases: readonly string[];
  readonly wasToldLately: boolean;
}

const LOCK_DEVICES = {
  name: 'lock-changed-devices',
  text: `
    SELECT d.id, d.name, d.state, d.wildcard, d.aliases, ${TOLD_LATELY} AS "wasToldLately"
      FROM unnest($1::uuid[], $2::timestamptz[]) AS change (id, at) JOIN devices d ON d.id = change.id
     ORDER BY d.id
       FOR NO KEY UPDATE OF d`,
};

const UPDATE_ADDRESSES = {
  name: 'update-addresses',
  text: `
    UPDATE devices SET addresses = change.addresses, addresses_changed_at = change.at,
        addresses_told_at = coalesce(change."toldAt", addresses_told_at)
      FROM jsonb_to_recordset($1::jsonb) AS change (id uuid, addresses text[], at timestamptz, "toldAt" timestamptz)
     WHERE devices.id = change.id`,
};

/** Writes the addresses of all devices whose updates share a transaction, in one statement. */
@Injectable()
export class AddressWriter implements JoinedWriter<AddressChange> {
  async lock(changes: readonly AddressChange[], pipeline: PipelinedTransaction): Promise<LockedWrites> {
    const distinct = [...latest(changes).values()];
    const rows = await pipeline.send<LockedDevice>(LOCK_DEVICES, [
      distinct.map(({ deviceId }) => deviceId),
      distinct.map(({ now }) => now.toISOString()),
    ]);
    const devices = new Map(rows.map((device) => [device.id, device]));
    return {
      refusals: changes.map((change) => refusal(change, devices.get(change.deviceId))),
      write: (positions) => {
        const written = [...latest(positions.map((position) => changes[position]!)).values()];
        if (written.length === 0) return Promise.resolve();
        const rows = written.map(({ deviceId, addresses, now }) => ({
          id: deviceId,
          addresses,
          at: now.toISOString(),
          toldAt: devices.get(deviceId)?.wasToldLately ? null : now.toISOString(),
        }));
        return Promise.all([
          pipeline.send(UPDATE_ADDRESSES, [JSON.stringify(rows)]),
          recordAddressChanges(
            eventsOn(pipeline),
            written.flatMap(({ deviceId, addresses, now }) => {
              const device = devices.get(deviceId);
              return device ? [{ ...device, addresses, at: now }] : [];
            }),
          ),
        ]);
      },
    };
  }

  async write(
    _transaction: JoinedTransaction,
    changes: readonly AddressChange[],
    pipeline: PipelinedTransaction,
  ): Promise<readonly (DomainError | undefined)[]> {
    const { refusals, write } = await this.lock(changes, pipeline);
    await write([...changes.keys()].filter((position) => !refusals[position]));
    return refusals;
  }
}

/** A device may be in a batch twice; the later change is right. */
function latest(changes: readonly AddressChange[]): ReadonlyMap<string, AddressChange> {
  return new Map(changes.map((change) => [change.deviceId, change]));
}

function refusal({ names }: AddressChange, device: LockedDevice | undefined): DomainError | undefined {
  if (device?.state !== 'active') {
    return new DomainError('device_suspended', 'The device was suspended or deleted; its addresses cannot change.');
  }
  const { wildcard = device.wildcard, aliases = device.aliases } = names ?? {};
  const isSame =
    wildcard === device.wildcard &&
    aliases.length === device.aliases.length &&
    aliases.every((alias, index) => alias === device.aliases[index]);
  return isSame ? undefined : new DeviceChangedError();
}

/** Events go out with the other statements, and before the commit. */
function eventsOn(pipeline: PipelinedTransaction): EventConnection {
  return { query: (text, values) => pipeline.send({ name: 'record-events', text }, values) };
}
