import type { DataSource } from 'typeorm';

import type { AlarmConfig } from '../../platform/config/app-config.js';
import { certificateInForceSql } from '../devices/certificate-in-force.js';
import type { AlarmSubject, Observation } from '../domain/alarm.js';

interface DeviceRow {
  readonly id: string;
  readonly name: string;
}

interface CertificateRow extends DeviceRow {
  readonly serial: string;
  readonly not_after: Date;
  readonly is_expired: boolean;
}

interface OrderRow extends DeviceRow {
  readonly order_id: string;
  readonly reason_code: string | null;
  readonly reason: string | null;
}

interface SilentRow extends DeviceRow {
  readonly seen_at: Date;
}

type Queries = Pick<DataSource, 'query'>;

/** What is wrong with active devices; suspended ones are an operator's decision. */
export async function observeFleet(database: Queries, config: AlarmConfig, now: Date): Promise<Observation[]> {
  const [certificates, orders, silent] = await Promise.all([
    endingCertificates(database, config.atRiskFraction, now),
    failedOrders(database),
    silentDevices(database, config.silentDays, now),
  ]);
  return [...certificates, ...orders, ...silent];
}

/** A certificate that has expired is still at risk, so that the first alarm is not resolved by the worse one. */
async function endingCertificates(database: Queries, atRiskFraction: number, now: Date): Promise<Observation[]> {
  const rows = await database.query<CertificateRow[]>(
    `SELECT f.device_id AS id, f.name, c.serial, c.not_after, c.not_after <= $1 AS is_expired
       FROM device_facts f
      CROSS JOIN LATERAL (${certificateInForceSql('serial, not_after', 'f.device_id')}) c
      WHERE f.state = 'active' AND f.not_after - $1 < (f.not_after - f.not_before) * $2::float8`,
    [now, atRiskFraction],
  );
  return rows.flatMap((row) => {
    const notAfter = row.not_after.toISOString();
    const facts = { subject: deviceSubject(row), data: { serial: row.serial, notAfter } };
    const atRisk: Observation = {
      ...facts,
      kind: 'certificate.at_risk',
      message: `The certificate of ${row.name} ends on ${notAfter} and was not renewed yet. Is the device online, and why does its order wait?`,
    };
    const expired: Observation = {
      ...facts,
      kind: 'certificate.expired',
      message: `The certificate of ${row.name} has expired (${notAfter}). It is renewed when the device calls again.`,
    };
    return row.is_expired ? [atRisk, expired] : [atRisk];
  });
}

/** Devices whose newest order failed. */
async function failedOrders(database: Queries): Promise<Observation[]> {
  const rows = await database.query<OrderRow[]>(
    `SELECT f.device_id AS id, f.name, o.id AS order_id, o.reason_code, o.reason
       FROM device_facts f
      CROSS JOIN LATERAL (SELECT id, reason_code, reason FROM issuance_orders WHERE device_id = f.device_id
                           ORDER BY created_at DESC, id LIMIT 1) o
      WHERE f.has_failed AND f.state = 'active'`,
  );
  return rows.map((row) => ({
    kind: 'order.failed',
    subject: deviceSubject(row),
    message: `The certificate for ${row.name} was not issued: ${row.reason ?? 'no reason is known'}`,
    data: { orderId: row.order_id, code: row.reason_code },
  }));
}

async function silentDevices(database: Queries, silentDays: number, now: Date): Promise<Observation[]> {
  const rows = await database.query<SilentRow[]>(
    `SELECT id, name, coalesce(last_seen_at, enrolled_at) AS seen_at FROM devices
      WHERE state = 'active' AND coalesce(last_seen_at, enrolled_at) < $1::timestamptz - $2 * interval '1 day'`,
    [now, silentDays],
  );
  return rows.map((row) => ({
    kind: 'device.silent',
    subject: deviceSubject(row),
    message: `${row.name} has not called since ${row.seen_at.toISOString()}.`,
    data: { lastSeenAt: row.seen_at.toISOString() },
  }));
}

function deviceSubject({ id, name }: DeviceRow): AlarmSubject {
  return { kind: 'device', id, name };
}
