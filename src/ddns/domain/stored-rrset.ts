import type { WireName } from './name.js';
import { TYPE } from './rr-type.js';
import { Rrset } from './rrset.js';

/**
 * Who put a value into the zone, and who alone may take it out: `system` (SOA, NS, glue, CAA), `fixed` (operators),
 * `device:<id>`, `order:<id>` (a challenge), or another prefix and id of a later door.
 */
export type RecordOwner = string;

export const SYSTEM: RecordOwner = 'system';
export const FIXED: RecordOwner = 'fixed';

const DEVICE_PREFIX = 'device:';
const ORDER_PREFIX = 'order:';

export function deviceOwner(deviceId: string): RecordOwner {
  return `${DEVICE_PREFIX}${deviceId}`;
}

export function orderOwner(orderId: string): RecordOwner {
  return `${ORDER_PREFIX}${orderId}`;
}

/** The order's id, when an order owns the value. */
export function orderIdOf(owner: RecordOwner): string | undefined {
  return owner.startsWith(ORDER_PREFIX) ? owner.slice(ORDER_PREFIX.length) : undefined;
}

export function isDeviceOwner(owner: RecordOwner): boolean {
  return owner.startsWith(DEVICE_PREFIX);
}

/** A record's data and its owner. The same data may stand twice, for two owners; it is served once. */
export interface StoredValue {
  readonly rdata: Buffer;
  readonly owner: RecordOwner;
}

/** An RRset as the database keeps it. */
export interface StoredRrset {
  readonly name: WireName;
  readonly type: number;
  /** Seconds. */
  readonly ttl: number;
  /** At least one. */
  readonly values: readonly StoredValue[];
}

/** What is served of it. */
export function servedRrset({ type, ttl, values }: StoredRrset): Rrset {
  const rdatas = values.map(({ rdata }) => rdata);
  const isAddress = type === TYPE.A || type === TYPE.AAAA;
  return Rrset.of(type, ttl, rdatas, isAddress && values.some(({ owner }) => isDeviceOwner(owner)));
}

/** Does the database hold the same for both? */
export function isSameStored(a: StoredRrset | undefined, b: StoredRrset | undefined): boolean {
  if (!a || !b) return a === b;
  return (
    a.ttl === b.ttl &&
    a.values.length === b.values.length &&
    a.values.every((value, index) => {
      const other = b.values[index];
      return other?.owner === value.owner && other.rdata.equals(value.rdata);
    })
  );
}
