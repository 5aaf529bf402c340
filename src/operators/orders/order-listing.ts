import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import type { OrderStatus } from '../../issuer/domain/order.js';
import { IS_OPEN } from '../../issuer/orders/order-row.js';
import { IssuanceSpeed } from '../../issuer/worker/issuance-speed.js';
import { WaitingReasons } from '../../issuer/worker/waiting-reasons.js';
import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { decodeTimeCursor, toPage, type Page } from '../../platform/http/page.js';
import { SqlConditions } from '../devices/sql-conditions.js';
import { ORDER_ITEM_COLUMNS, type OrderItem, orderItem, type OrderItemRow } from './order-item.js';

export type { OrderItem } from './order-item.js';

export interface OrderFilter {
  /** Default: those that may still become a certificate. */
  readonly status?: readonly OrderStatus[];
  readonly reason?: string;
  /** A device's id. */
  readonly device?: string;
  readonly group?: string;
  readonly since?: Date;
}

export interface OrderQuery extends OrderFilter {
  readonly limit: number;
  readonly cursor?: string;
}

interface Position {
  readonly time: string;
  readonly id: string;
}

/** The planner's reasons: they are worked out, and not stored. */
const PLANNERS = ['limit', 'slot'];
/** So many ids are looked up; of more, one comes along soon enough in the line itself. */
const MOST_IDS = 2_000;
/** Of a line that is walked along, so many are looked at in the first statement; in each further one four times as many. */
const FIRST_STRIDE = 2_000;
const LONGEST_STRIDE = 32_000;

/** The queue and its reasons. */
@Injectable()
export class OrderListing {
  constructor(
    private readonly dataSource: DataSource,
    private readonly reasons: WaitingReasons,
    private readonly speed: IssuanceSpeed,
    private readonly clock: Clock,
  ) {}

  /** Oldest first. @throws DomainError `invalid_request` for a cursor that is not one */
  async list({ limit, cursor, ...filter }: OrderQuery): Promise<Page<OrderItem>> {
    const now = this.clock.now();
    const waiting = await this.reasons.all(now);
    const after = cursor === undefined ? undefined : decodeTimeCursor(cursor);
    const isPlanners = filter.reason !== undefined && PLANNERS.includes(filter.reason);
    const rows = isPlanners
      ? await this.waitingFor(filter, (id) => waiting.get(id)?.code === filter.reason, waiting.keys(), after, limit + 1)
      : await this.read(filter, after, limit + 1);
    return toPage(
      rows,
      limit,
      (row) => [row.createdKey, row.orderId],
      (row) => orderItem(row, waiting.get(row.orderId), this.speed.secondsPerOrder, now),
    );
  }

  /** @throws DomainError `not_found` */
  async show(orderId: string): Promise<OrderItem> {
    const now = this.clock.now();
    const [row] = await this.dataSource.query<OrderItemRow[]>(
      `SELECT ${ORDER_ITEM_COLUMNS} FROM issuance_orders o JOIN devices d ON d.id = o.device_id WHERE o.id = $1`,
      [orderId],
    );
    if (!row) throw new DomainError('not_found', 'There is no such order; GET /v1/orders lists them.');
    return orderItem(row, await this.reasons.of(orderId, now), this.speed.secondsPerOrder, now);
  }

  /** Those that wait for what the planner says: few are looked up, many are met along the line. */
  private async waitingFor(
    query: OrderFilter,
    isWanted: (id: string) => boolean,
    known: Iterable<string>,
    after: Position | undefined,
    count: number,
  ): Promise<OrderItemRow[]> {
    // The reason is the planner's, and in no column.
    const filter = { ...query, reason: undefined };
    const ids: string[] = [];
    for (const id of known) {
      if (isWanted(id)) ids.push(id);
      if (ids.length > MOST_IDS) break;
    }
    if (ids.length <= MOST_IDS) return this.read(filter, after, count, ids);
    const found: string[] = [];
    let from = after;
    for (let length = FIRST_STRIDE; found.length < count; length = Math.min(length * 4, LONGEST_STRIDE)) {
      const line = await this.stride(filter, from, length);
      found.push(...line.filter(({ id }) => isWanted(id)).map(({ id }) => id));
      from = line.at(-1);
      if (line.length < length) break;
    }
    return this.read(filter, undefined, count, found.slice(0, count));
  }

  /** The next ids in the order of the list; read from an index alone where nothing but the status is asked for. */
  private stride(filter: OrderFilter, after: Position | undefined, length: number): Promise<Position[]> {
    const sql = conditions(filter, after);
    return this.dataSource.query(
      `SELECT o.id, to_char(o.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time
         FROM ${source(filter)} WHERE ${sql} ORDER BY o.created_at, o.id LIMIT ${length}`,
      sql.values,
    );
  }

  private read(
    filter: OrderFilter,
    after: Position | undefined,
    count: number,
    ids?: readonly string[],
  ): Promise<OrderItemRow[]> {
    const sql = conditions(filter, after);
    if (ids) sql.add(`o.id = ANY (${sql.parameter(ids)}::uuid[])`);
    return this.dataSource.query(
      `WITH page AS MATERIALIZED (
         SELECT o.id FROM ${source(filter)} WHERE ${sql} ORDER BY o.created_at, o.id LIMIT ${sql.parameter(count)})
       SELECT ${ORDER_ITEM_COLUMNS} FROM page JOIN issuance_orders o ON o.id = page.id JOIN devices d ON d.id = o.device_id
        ORDER BY o.created_at, o.id`,
      sql.values,
    );
  }
}

function source({ group }: OrderFilter): string {
  return group === undefined ? 'issuance_orders o' : 'issuance_orders o JOIN devices d ON d.id = o.device_id';
}

/** Statuses stand in the text, as the partial indexes have them; they are ours, and no caller's words. */
function conditions({ status, reason, device, group, since }: OrderFilter, after: Position | undefined): SqlConditions {
  const sql = new SqlConditions();
  if (!status) sql.add(IS_OPEN);
  else if (status.length === 1) sql.add(`o.status = '${status[0]}'`);
  else sql.add(`o.status IN (${status.map((name) => `'${name}'`).join(', ')})`);
  if (reason !== undefined) sql.add(`o.reason_code = ${sql.parameter(reason)}`);
  if (device !== undefined) sql.add(`o.device_id = ${sql.parameter(device)}::uuid`);
  if (group !== undefined) sql.add(`d.group_name = ${sql.parameter(group)}`);
  if (since) sql.add(`o.created_at >= ${sql.parameter(since)}::timestamptz`);
  if (after)
    sql.add(`(o.created_at, o.id) > (${sql.parameter(after.time)}::timestamptz, ${sql.parameter(after.id)}::uuid)`);
  return sql;
}
