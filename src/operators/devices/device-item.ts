import { certificateHealth, type CertificateHealth } from '../domain/certificate-health.js';
import { certificateInForceSql } from './certificate-in-force.js';

/** A device as operators see it. Times are ISO 8601 in JSON. */
export interface DeviceItem {
  readonly deviceId: string;
  readonly name: string;
  readonly label: string;
  readonly zone: string;
  readonly state: string;
  readonly addresses: readonly string[];
  readonly wildcard: boolean;
  /** Labels of further names in the device's zone. */
  readonly aliases: readonly string[];
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

/** A device's row with its certificate in force and its newest order, as PostgreSQL gives it. */
export interface DeviceItemRow {
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly zone: string;
  readonly state: string;
  readonly addresses: string[];
  readonly wildcard: boolean;
  readonly aliases: string[];
  readonly hardware_id: string | null;
  readonly group_name: string | null;
  readonly note: string | null;
  readonly enrolled_at: Date;
  readonly last_seen_at: Date | null;
  readonly clone_suspected_at: Date | null;
  readonly serial: string | null;
  readonly not_before: Date | null;
  readonly not_after: Date | null;
  readonly renew_at: Date | null;
  readonly order_id: string | null;
  readonly order_status: string | null;
  readonly order_reason: string | null;
}

/** The columns of a DeviceItemRow, with devices as `d` and the joins below. */
export const DEVICE_ITEM_COLUMNS = `
  d.id, d.name, d.label, d.zone, d.state, d.addresses, d.wildcard, d.aliases, d.hardware_id, d.group_name, d.note,
  d.enrolled_at, d.last_seen_at, d.clone_suspected_at,
  c.serial, c.not_before, c.not_after, c.renew_at, o.id AS order_id, o.status AS order_status, o.reason AS order_reason`;

/** The certificate in force and the newest order, one look-up each by index. */
export const DEVICE_ITEM_JOINS = `
  LEFT JOIN LATERAL (${certificateInForceSql('serial, not_before, not_after, renew_at')}) c ON true
  LEFT JOIN LATERAL (
    SELECT id, status, reason FROM issuance_orders WHERE device_id = d.id ORDER BY created_at DESC, id LIMIT 1) o ON true`;

export interface DeviceItemFacts {
  readonly now: Date;
  readonly atRiskFraction: number;
  /** Noted in memory, and not written yet. */
  readonly lastSeenAt: Date | undefined;
}

export function deviceItem(row: DeviceItemRow, { now, atRiskFraction, lastSeenAt }: DeviceItemFacts): DeviceItem {
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
    aliases: row.aliases,
    hardwareId: row.hardware_id,
    group: row.group_name,
    note: row.note,
    enrolledAt: row.enrolled_at,
    lastSeenAt: lastSeenAt ?? row.last_seen_at,
    cloneSuspectedAt: row.clone_suspected_at,
    certificateHealth: certificateHealth(certificate, row.order_status ?? undefined, now, atRiskFraction),
    certificate: certificate
      ? { serial: certificate.serial, notAfter: certificate.notAfter, renewAt: certificate.renewAt }
      : null,
    order: row.order_id ? { orderId: row.order_id, status: row.order_status!, reason: row.order_reason } : null,
  };
}
