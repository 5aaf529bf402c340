import { type EventConnection, recordEvents } from '../../platform/events/record-events.js';
import { deviceEvent } from '../device-event.js';

/** A device's addresses as they were just written. */
export interface ChangedAddresses {
  readonly id: string;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly at: Date;
  /** An event of a change of this device was recorded in the last COALESCE_MINUTES (not known of ones before the column). */
  readonly wasToldLately: boolean;
}

/** A device whose addresses change all the time is told of once in so long. */
const COALESCE_MINUTES = 10;

/** The SQL of `wasToldLately`, of the rows `change (id, at)` and `devices d`. */
export const TOLD_LATELY = `coalesce(d.addresses_told_at > change.at - ${COALESCE_MINUTES} * interval '1 minute', false)`;

/** The same of what was seen of a row. @param toldAt null: never. */
export function wasToldLately(toldAt: Date | null, at: Date): boolean {
  return toldAt !== null && toldAt.getTime() > at.getTime() - COALESCE_MINUTES * 60_000;
}

/** Records changes of addresses, in the transaction that makes them. */
export async function recordAddressChanges(
  transaction: EventConnection,
  changes: readonly ChangedAddresses[],
): Promise<void> {
  await recordEvents(
    transaction,
    changes
      .filter(({ wasToldLately }) => !wasToldLately)
      .map(({ id, name, addresses, at }) =>
        deviceEvent('device.addresses_changed', { deviceId: id, name }, at, { addresses }),
      ),
  );
}
