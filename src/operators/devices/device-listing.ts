import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { LastSeen } from '../../devices/auth/last-seen.js';
import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { decodeTimeCursor, toPage, type Page } from '../../platform/http/page.js';
import { certificateHealth, type CertificateHealth } from '../domain/certificate-health.js';
import { certificateInForceSql } from './certificate-in-force.js';
import { healthSql } from './health-sql.js';

export interface DeviceFilter {
  readonly limit: number;
  readonly cursor?: string;
  readonly state?: string;
  readonly group?: string;
  readonly q?: string;
  readonly health?: CertificateHealth;
}

/** A device as operators see it. Times are ISO 8601 in JSON. */
export interface DeviceItem {
  readonly deviceId: string;
  readonly name: string;
  readonly label: string;
  readonly zone: string;
  readonly state: string;
  readonly addresses: readonly string[];
  readonly wildcard: boolean;
  readonly hardwareId: string | null;
  readonly group: string | null;
  readonly note: string | null;
  readonly enrolledAt: Date;
  readonly lastSeenAt: Date | null;
  readonly cloneSuspectedAt: Date | null;
  readonly certificateHealth: CertificateHealth;
  readonly certificate: { readonly serial: string; readonly notAfter: Date; readonly renewAt: Date } | null;
  readonly order: { readonly orderId: string; readonly status: string; readonly reason: string | null } | null;
}

interface DeviceRow {
  id: string;
  name: string;
  label: string;
  zone: string;
  state: string;
  addresses: string[];
  wildcard: boolean;
  hardware_id: string | null;
  group_name: string | null;
  note: string | null;
  enrolled_at: Date;
  enrolled_key: string;
  last_seen_at: Date | null;
  clone_suspected_at: Date | null;
  serial: string | null;
  not_before: Date | null;
  not_after: Date | null;
  renew_at: Date | null;
  order_id: string | null;
  order_status: string | null;
  order_reason: string | null;
}

const COLUMNS = `
  d.id, d.name, d.label, d.zone, d.state, d.addresses, d.wildcard, d.hardware_id, d.group_name, d.note, d.enrolled_at,
  to_char(d.enrolled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS enrolled_key,
  d.last_seen_at, d.clone_suspected_at,
  c.serial, c.not_before, c.not_after, c.renew_at, o.id AS order_id, o.status AS order_status, o.reason AS order_reason`;

/** The certificate in force and the newest order, one look-up each by index. */
const JOINS = `
  LEFT JOIN LATERAL (${certificateInForceSql('serial, not_before, not_after, renew_at')}) c ON true
  LEFT JOIN LATERAL (
    SELECT id, status, reason FROM issuance_orders WHERE device_id = d.id ORDER BY created_at DESC, id LIMIT 1) o ON true`;

/** Reads devices for operators. */
@Injectable()
export class DeviceListing {
  constructor(
    private readonly dataSource: DataSource,
    private readonly lastSeen: LastSeen,
    private readonly clock: Clock,
  ) {}

  /** Oldest enrollment first. */
  async list(filter: DeviceFilter): Promise<Page<DeviceItem>> {
    const conditions = [`d.state <> 'deleted'`];
    const values: unknown[] = [];
    const where = (condition: (parameter: string) => string, value: unknown): void => {
      values.push(value);
      conditions.push(condition(`$${values.length}`));
    };
    if (filter.state) where((p) => `d.state = ${p}`, filter.state);
    if (filter.group) where((p) => `d.group_name = ${p}`, filter.group);
    if (filter.q) {
      where(
        (p) =>
          `(strpos(d.name, lower(${p})) > 0 OR strpos(lower(coalesce(d.hardware_id, '')), lower(${p})) > 0
            OR strpos(lower(coalesce(d.note, '')), lower(${p})) > 0 OR strpos(lower(coalesce(d.group_name, '')), lower(${p})) > 0
            OR lower(${p}) = ANY (d.addresses))`,
        filter.q,
      );
    }
    if (filter.cursor) {
      const { time, id } = decodeTimeCursor(filter.cursor);
      values.push(time, id);
      conditions.push(`(d.enrolled_at, d.id) > ($${values.length - 1}::timestamptz, $${values.length}::uuid)`);
    }
    const now = this.clock.now();
    if (filter.health) {
      values.push(now);
      const health = healthSql(`$${values.length}::timestamptz`);
      where((p) => `${health} = ${p}`, filter.health);
    }
    values.push(filter.limit + 1);
    const rows: DeviceRow[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM devices d ${JOINS}
        WHERE ${conditions.join(' AND ')} ORDER BY d.enrolled_at, d.id LIMIT $${values.length}`,
      values,
    );
    return toPage(
      rows,
      filter.limit,
      (row) => [row.enrolled_key, row.id],
      (row) => this.itemOf(row, now),
    );
  }

  /** @throws DomainError `not_found` */
  async show(deviceId: string): Promise<DeviceItem> {
    const rows: DeviceRow[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM devices d ${JOINS} WHERE d.id = $1 AND d.state <> 'deleted'`,
      [deviceId],
    );
    if (!rows[0]) throw new DomainError('not_found', 'There is no such device; GET /v1/devices lists them.');
    return this.itemOf(rows[0], this.clock.now());
  }

  private itemOf(row: DeviceRow, now: Date): DeviceItem {
    const certificate =
      row.serial && row.not_before && row.not_after && row.renew_at
        ? { serial: row.serial, notBefore: row.not_before, notAfter: row.not_after, renewAt: row.renew_at }
        : undefined;
    return {
      deviceId: row.id,
      name: row.name,
      label: row.label,
      zone: row.zone,
      state: row.state,
      addresses: row.addresses,
      wildcard: row.wildcard,
      hardwareId: row.hardware_id,
      group: row.group_name,
      note: row.note,
      enrolledAt: row.enrolled_at,
      lastSeenAt: this.lastSeen.pending(row.id) ?? row.last_seen_at,
      cloneSuspectedAt: row.clone_suspected_at,
      certificateHealth: certificateHealth(certificate, row.order_status ?? undefined, now),
      certificate: certificate
        ? { serial: certificate.serial, notAfter: certificate.notAfter, renewAt: certificate.renewAt }
        : null,
      order: row.order_id ? { orderId: row.order_id, status: row.order_status!, reason: row.order_reason } : null,
    };
  }
}
