import { normalizeAddress } from '../../kernel/ip-address.js';
import type { CertificateHealth } from '../domain/certificate-health.js';
import { isHealthSql, type HealthParameters } from './health-sql.js';
import type { SqlConditions } from './sql-conditions.js';

/** Which devices; an absent field filters nothing. */
export interface DeviceFilter {
  readonly state?: string;
  readonly zone?: string;
  readonly group?: string;
  /** One or several of them. */
  readonly health?: CertificateHealth | readonly CertificateHealth[];
  /** Part of the name, an alias, the group, note or hardware id; or a whole address. */
  readonly q?: string;
  /** When it called last; a device that has never called since its enrollment counts from then. */
  readonly lastSeenBefore?: Date;
  readonly lastSeenAfter?: Date;
  readonly ids?: readonly string[];
}

/** SQL on devices `d`: when a device was seen, as the index devices_last_seen has it. */
export const LAST_SEEN = 'coalesce(d.last_seen_at, d.enrolled_at)';

/** Adds what the filter asks for, on device_facts `f`. */
export function addDeviceConditions(sql: SqlConditions, filter: DeviceFilter, parameters: HealthParameters): void {
  if (filter.state !== undefined) sql.add(`f.state = ${sql.parameter(filter.state)}`);
  if (filter.zone !== undefined) sql.add(`f.zone = ${sql.parameter(filter.zone)}`);
  if (filter.group !== undefined) sql.add(`f.group_name = ${sql.parameter(filter.group)}`);
  const healths = filter.health === undefined ? [] : [filter.health].flat();
  if (healths.length > 0) sql.add(healths.map((health) => `(${isHealthSql(health, parameters)})`).join(' OR '));
  if (filter.q !== undefined) addSearch(sql, filter.q);
  if (filter.lastSeenBefore) sql.add(`f.seen_at < ${sql.parameter(filter.lastSeenBefore)}::timestamptz`);
  if (filter.lastSeenAfter) sql.add(`f.seen_at >= ${sql.parameter(filter.lastSeenAfter)}::timestamptz`);
  if (filter.ids) sql.add(`f.device_id = ANY (${sql.parameter(filter.ids)}::uuid[])`);
}

function addSearch(sql: SqlConditions, q: string): void {
  const text = q.trim().toLowerCase();
  if (text === '') return;
  const like = sql.parameter(`%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`);
  const address = normalizeAddress(text);
  if (address === undefined) {
    sql.add(`f.search LIKE ${like}`);
    return;
  }
  // Two look-ups, each by what it is quick with, instead of one OR that is quick with nothing.
  sql.add(`f.device_id IN (
    SELECT id FROM devices WHERE addresses @> ARRAY[${sql.parameter(address)}::text] AND state <> 'deleted'
     UNION ALL SELECT device_id FROM device_facts f WHERE f.search LIKE ${like})`);
}
