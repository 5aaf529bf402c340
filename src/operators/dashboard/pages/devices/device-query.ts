import { addSeconds } from '../../../../kernel/clock.js';
import type { DeviceFilter } from '../../../devices/device-filter.js';
import { DEVICE_SORTS, type DeviceSort } from '../../../devices/device-sort.js';
import { CERTIFICATE_HEALTHS } from '../../../domain/certificate-health.js';
import type { FormFields } from '../../http/form-fields.js';

export const DEVICE_STATES = ['active', 'suspended'] as const;

/** When a device called last; the word in the address, and what it means. */
export const SEEN = {
  today: 'within a day',
  'silent-1': 'not for a day',
  'silent-7': 'not for a week',
  'silent-30': 'not for a month',
} as const;

type Seen = keyof typeof SEEN;

const DAY_SECONDS = 86_400;

/** What somebody asked for, as it stands in the address and in forms. */
export type DeviceWords = Readonly<
  Record<'q' | 'group' | 'zone' | 'state' | 'health' | 'seen' | 'sort', string | undefined>
>;

export interface DeviceQuery {
  readonly words: DeviceWords;
  readonly filter: DeviceFilter;
  readonly sort?: DeviceSort;
}

/** @throws DomainError `invalid_request` */
export function deviceQuery(fields: FormFields, now: Date): DeviceQuery {
  const chosen = {
    q: fields.text('q', 'The search', 253),
    group: fields.text('group', 'The group', 100),
    zone: fields.text('zone', 'The zone', 253),
    state: fields.oneOf('state', 'The state', DEVICE_STATES),
    health: fields.oneOf('health', 'The health', CERTIFICATE_HEALTHS),
  };
  const seen = fields.oneOf('seen', 'The last call', Object.keys(SEEN) as Seen[]);
  const sort = fields.oneOf('sort', 'The order', DEVICE_SORTS);
  return { words: { ...chosen, seen, sort }, filter: { ...chosen, ...lastSeen(seen, now) }, sort };
}

function lastSeen(seen: Seen | undefined, now: Date): Pick<DeviceFilter, 'lastSeenBefore' | 'lastSeenAfter'> {
  if (seen === undefined) return {};
  if (seen === 'today') return { lastSeenAfter: addSeconds(now, -DAY_SECONDS) };
  return { lastSeenBefore: addSeconds(now, -Number(seen.replace('silent-', '')) * DAY_SECONDS) };
}

/** Does it leave devices out? The order does not. */
export function isNarrowed(words: DeviceWords): boolean {
  return Object.entries(words).some(([name, word]) => name !== 'sort' && word !== undefined);
}

/** The words in an address. */
export function queryText(words: Readonly<Record<string, string | undefined>>): string {
  const entries = Object.entries(words).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries).toString()}`;
}
