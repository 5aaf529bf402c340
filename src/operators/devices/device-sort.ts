import { decodeCursor } from '../../platform/http/page.js';
import { DomainError } from '../../kernel/errors.js';
import { LAST_SEEN } from './device-filter.js';
import { EXPIRY } from './health-sql.js';

/** What devices can be sorted by; with `-` before it the other way round. */
export const DEVICE_SORTS = [
  'enrolledAt',
  '-enrolledAt',
  'name',
  '-name',
  'notAfter',
  '-notAfter',
  'lastSeenAt',
  '-lastSeenAt',
] as const;

export type DeviceSort = (typeof DEVICE_SORTS)[number];

/** A sort order as SQL has it, on device_facts `f` and devices `d`. */
export interface SortSql {
  readonly name: DeviceSort;
  readonly key: string;
  /** The device's id, of the table that the key is of: an index has both. */
  readonly id: string;
  readonly type: 'text' | 'timestamptz';
  readonly direction: 'ASC' | 'DESC';
  readonly needsDevices: boolean;
}

const KEYS = {
  enrolledAt: { key: 'f.enrolled_at', id: 'f.device_id', type: 'timestamptz', needsDevices: false },
  name: { key: 'f.name', id: 'f.device_id', type: 'text', needsDevices: false },
  // A device without a certificate comes after all that have one.
  notAfter: { key: EXPIRY, id: 'f.device_id', type: 'timestamptz', needsDevices: false },
  lastSeenAt: { key: LAST_SEEN, id: 'd.id', type: 'timestamptz', needsDevices: true },
} as const;

export function sortSql(name: DeviceSort): SortSql {
  const key = name.replace('-', '') as keyof typeof KEYS;
  return { name, ...KEYS[key], direction: name.startsWith('-') ? 'DESC' : 'ASC' };
}

const TIME = /^(?:infinity|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Where a page ended: the sort key and the id of its last device. */
export interface DevicePosition {
  readonly key: string;
  readonly id: string;
}

/** The parts of a cursor. It names its sort: in another order it would lead nowhere. */
export function cursorParts({ name }: SortSql, { key, id }: DevicePosition): readonly string[] {
  return [name, key, id];
}

/** @throws DomainError `invalid_request` for a cursor that this list, sorted so, has not given out */
export function readDeviceCursor(cursor: string, sort: SortSql): DevicePosition {
  const [name = '', key = '', id = ''] = decodeCursor(cursor, 3);
  const isTime = TIME.test(key) && (key === 'infinity' || !Number.isNaN(Date.parse(key)));
  if (name === sort.name && UUID.test(id) && (sort.type === 'text' || isTime) && !key.includes('\0'))
    return { key, id };
  throw new DomainError(
    'invalid_request',
    'The cursor is not one that this list gave out in this order; start without it.',
    { errors: [{ field: 'cursor', detail: 'is not known' }] },
  );
}

/** SQL: the sort key as a cursor has it. */
export function keyText({ type }: SortSql, column: string): string {
  if (type === 'text') return column;
  return `CASE WHEN isfinite(${column}) THEN to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE 'infinity' END`;
}
