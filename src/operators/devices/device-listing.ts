import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { LastSeen } from '../../devices/auth/last-seen.js';
import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { toPage, type Page } from '../../platform/http/page.js';
import { addDeviceConditions, type DeviceFilter } from './device-filter.js';
import {
  DEVICE_ITEM_COLUMNS,
  DEVICE_ITEM_JOINS,
  type DeviceItem,
  deviceItem,
  type DeviceItemRow,
} from './device-item.js';
import { cursorParts, type DeviceSort, keyText, readDeviceCursor, type SortSql, sortSql } from './device-sort.js';
import { SqlConditions } from './sql-conditions.js';

export type { DeviceItem } from './device-item.js';

export interface DeviceQuery extends DeviceFilter {
  readonly limit: number;
  readonly cursor?: string;
  /** Default `enrolledAt`: oldest enrollment first. */
  readonly sort?: DeviceSort;
}

type PageRow = DeviceItemRow & { readonly sort_key: string };

/** Reads devices for operators: chosen and sorted by device_facts, then looked up. */
@Injectable()
export class DeviceListing {
  constructor(
    private readonly dataSource: DataSource,
    private readonly lastSeen: LastSeen,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /**
   * One page. Rows that come, go or change between two pages shift nothing: the next page begins after the last key.
   * @throws DomainError `invalid_request` for a cursor that is not this list's
   */
  async list({ limit, cursor, sort = 'enrolledAt', ...filter }: DeviceQuery): Promise<Page<DeviceItem>> {
    const now = this.clock.now();
    const order = sortSql(sort);
    const sql = this.conditions(filter, now);
    if (cursor !== undefined) {
      const { key, id } = readDeviceCursor(cursor, order);
      const [keyParameter, idParameter] = [sql.parameter(key), sql.parameter(id)];
      const isBeyond = order.direction === 'ASC' ? '>' : '<';
      sql.add(`(${order.key}, ${order.id}) ${isBeyond} (${keyParameter}::${order.type}, ${idParameter}::uuid)`);
    }
    const rows = await this.dataSource.query<PageRow[]>(
      `WITH page AS MATERIALIZED (
         SELECT f.device_id, ${order.key} AS sort_key FROM ${source(order)} WHERE ${sql}
          ORDER BY ${order.key} ${order.direction}, ${order.id} ${order.direction} LIMIT ${sql.parameter(limit + 1)})
       SELECT ${DEVICE_ITEM_COLUMNS}, ${keyText(order, 'page.sort_key')} AS sort_key
         FROM page JOIN devices d ON d.id = page.device_id ${DEVICE_ITEM_JOINS}
        ORDER BY page.sort_key ${order.direction}, page.device_id ${order.direction}`,
      sql.values,
    );
    return toPage(
      rows,
      limit,
      (row) => cursorParts(order, { key: row.sort_key, id: row.id }),
      (row) => this.itemOf(row, now),
    );
  }

  /** @throws DomainError `not_found` */
  async show(deviceId: string): Promise<DeviceItem> {
    const rows = await this.dataSource.query<DeviceItemRow[]>(
      `SELECT ${DEVICE_ITEM_COLUMNS} FROM devices d ${DEVICE_ITEM_JOINS} WHERE d.id = $1 AND d.state <> 'deleted'`,
      [deviceId],
    );
    if (!rows[0]) throw new DomainError('not_found', 'There is no such device; GET /v1/devices lists them.');
    return this.itemOf(rows[0], this.clock.now());
  }

  /** How many devices a bulk action would reach by a filter, and the first few of them by name. */
  async look(
    filter: DeviceFilter,
    shown: number,
  ): Promise<{ count: number; sample: { deviceId: string; name: string }[] }> {
    const sql = this.conditions(filter, this.clock.now());
    const rows = await this.dataSource.query<{ count: number; sample: { deviceId: string; name: string }[] | null }[]>(
      `WITH matched AS MATERIALIZED (SELECT f.device_id, f.name FROM device_facts f WHERE ${sql} AND ${IS_NO_SERVER})
       SELECT (SELECT count(*)::int FROM matched) AS count,
              (SELECT jsonb_agg(jsonb_build_object('deviceId', device_id, 'name', name) ORDER BY name)
                 FROM (SELECT * FROM matched ORDER BY name LIMIT ${sql.parameter(shown)}) first) AS sample`,
      sql.values,
    );
    return { count: rows[0]?.count ?? 0, sample: rows[0]?.sample ?? [] };
  }

  /** Writes the devices that a bulk action reaches by a filter into its job, in the order of their names. @returns how many */
  async collect(transaction: EntityManager, filter: DeviceFilter, jobId: string): Promise<number> {
    const sql = this.conditions(filter, this.clock.now());
    const rows = await transaction.query<{ count: number }[]>(
      `WITH inserted AS (INSERT INTO bulk_job_items (job_id, position, device_id, name)
       SELECT ${sql.parameter(jobId)}::uuid, row_number() OVER (ORDER BY f.name), f.device_id, f.name
         FROM device_facts f WHERE ${sql} AND ${IS_NO_SERVER} RETURNING 1)
       SELECT count(*)::int AS count FROM inserted`,
      sql.values,
    );
    return rows[0]?.count ?? 0;
  }

  private conditions(filter: DeviceFilter, now: Date): SqlConditions {
    const sql = new SqlConditions();
    const { atRiskFraction } = this.config.alarms;
    let [nowParameter, fractionParameter] = ['', ''];
    // A parameter that no condition asks for would have no type.
    addDeviceConditions(sql, filter, {
      get now() {
        return (nowParameter ||= sql.parameter(now));
      },
      get atRiskFraction() {
        return (fractionParameter ||= sql.parameter(atRiskFraction));
      },
    });
    return sql;
  }

  private itemOf(row: DeviceItemRow, now: Date): DeviceItem {
    return deviceItem(row, {
      now,
      atRiskFraction: this.config.alarms.atRiskFraction,
      lastSeenAt: this.lastSeen.pending(row.id),
    });
  }
}

/** SQL, with its device_facts as `f`: what is done to many devices is never done to the API's own entry (api-tls). */
const IS_NO_SERVER = `f.device_id NOT IN (SELECT id FROM devices WHERE kind = 'server')`;

function source({ needsDevices }: SortSql): string {
  return needsDevices
    ? `device_facts f JOIN devices d ON d.id = f.device_id AND d.state <> 'deleted'`
    : 'device_facts f';
}
