import { Injectable } from '@nestjs/common';
import { DomainError } from '../../kernel/errors.js';
import type {
  JoinedTransaction,
  JoinedWriter,
  LockedWrites,
  PresumedLock,
} from '../../platform/database/joined-write.js';
import type { PipelinedTransaction } from '../../platform/database/pipelined-transaction.js';
import type { EventConnection } from '../../platform/events/record-events.js';
import { DeviceChangedError, type DeviceNamesSeen } from '../device-changed.js';
import { recordAddressChanges, TOLD_LATELY, wasToldLately } from './address-events.js';

export interface AddressChange {
  readonly deviceId: string;
  readonly addresses: readonly string[];
  readonly now: Date;
  /** The names that the zone's records were made for; when the device has others by now, the change is refused. */
  readonly names?: DeviceNamesSeen;
  /** More that was seen of the device's row a moment ago, so that it need not be read first. */
  readonly seen?: { readonly name: string; readonly toldAt: Date | null };
}

interface ToldDevice {
  readonly id: string;
  readonly name: string;
  readonly wasToldLately: boolean;
}

interface LockedDevice extends ToldDevice {
  readonly state: string;
  readonly wildcard: boolean;
  readonly aliases: readonly string[];
}

interface PresumedDevice extends ToldDevice {
  readonly wildcard: boolean;
  readonly aliases: readonly string[];
  readonly at: string;
}

const LOCK_DEVICES = {
  name: 'lock-changed-devices',
  text: `
    SELECT d.id, d.name, d.state, d.wildcard, d.aliases, ${TOLD_LATELY} AS "wasToldLately"
      FROM unnest($1::uuid[], $2::timestamptz[]) AS change (id, at) JOIN devices d ON d.id = change.id
     ORDER BY d.id
       FOR NO KEY UPDATE OF d`,
};

/** Locks the same rows in the same order, as far as they hold what was seen of them. */
const PRESUME_DEVICES = {
  name: 'presume-changed-devices',
  text: `
    SELECT presume(count(*) = jsonb_array_length($1::jsonb))
      FROM (SELECT 1
              FROM jsonb_to_recordset($1::jsonb)
                     AS change (id uuid, name text, wildcard boolean, aliases text[], at timestamptz, "wasToldLately" boolean)
              JOIN devices d ON d.id = change.id
             WHERE d.state = 'active' AND d.name = change.name AND d.wildcard = change.wildcard
               AND d.aliases = change.aliases AND ${TOLD_LATELY} = change."wasToldLately"
             ORDER BY d.id
               FOR NO KEY UPDATE OF d) AS locked`,
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
      write: (positions) => writeAddresses(pipeline, changes, positions, devices),
    };
  }

  presume(changes: readonly AddressChange[]): PresumedLock | undefined {
    // All changes of a device, not only the last: the records of each have been made for the names that it saw.
    const presumed: PresumedDevice[] = [];
    for (const { deviceId, names, seen, now } of changes) {
      if (!names?.aliases || !seen) return undefined;
      presumed.push({
        id: deviceId,
        name: seen.name,
        wildcard: names.wildcard,
        aliases: names.aliases,
        at: now.toISOString(),
        wasToldLately: wasToldLately(seen.toldAt, now),
      });
    }
    const devices = new Map(presumed.map((device) => [device.id, device]));
    return (pipeline) => ({
      refusals: changes.map(() => undefined),
      hold: pipeline.send(PRESUME_DEVICES, [JSON.stringify(presumed)]),
      write: (positions) => writeAddresses(pipeline, changes, positions, devices),
    });
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

/** Sends the last change of each device, of those at these positions. */
function writeAddresses(
  pipeline: PipelinedTransaction,
  changes: readonly AddressChange[],
  positions: readonly number[],
  devices: ReadonlyMap<string, ToldDevice>,
): Promise<unknown> {
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
