import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import type { RevocationReason } from '../domain/revocation-reason.js';

/** A certificate of a device, as stored. Digests and the serial are lower-case hex. */
export interface StoredCertificate {
  readonly id: string;
  readonly deviceId: string;
  readonly orderId: string;
  readonly accountId: string;
  /** Leaf first, without the root. */
  readonly pem: string;
  readonly serial: string;
  readonly sha256: string;
  readonly spkiSha256: string;
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly renewAt: Date;
  readonly revokedAt?: Date;
  readonly revocationReason?: RevocationReason;
}

export interface CertificateRow {
  id: string;
  device_id: string;
  order_id: string;
  account_id: string;
  pem: string;
  serial: string;
  sha256: string;
  spki_sha256: string;
  names: string[];
  not_before: Date;
  not_after: Date;
  renew_at: Date;
  revoked_at: Date | null;
  revocation_reason: RevocationReason | null;
}

export const CERTIFICATE_COLUMNS = `
  id, device_id, order_id, account_id, pem, serial, sha256, spki_sha256, names, not_before, not_after, renew_at,
  revoked_at, revocation_reason`;

export function certificateOf(row: CertificateRow): StoredCertificate {
  return {
    id: row.id,
    deviceId: row.device_id,
    orderId: row.order_id,
    accountId: row.account_id,
    pem: row.pem,
    serial: row.serial,
    sha256: row.sha256,
    spkiSha256: row.spki_sha256,
    names: row.names,
    notBefore: row.not_before,
    notAfter: row.not_after,
    renewAt: row.renew_at,
    revokedAt: row.revoked_at ?? undefined,
    revocationReason: row.revocation_reason ?? undefined,
  };
}

/** Reads certificates. They are written with the end of their order (OrderProgress) and by Revocations. */
@Injectable()
export class CertificateStore {
  constructor(private readonly dataSource: DataSource) {}

  /** The device's newest certificate, revoked or not. An older one is for a key that the device has replaced. */
  async newest(deviceId: string): Promise<StoredCertificate | undefined> {
    const rows: CertificateRow[] = await this.dataSource.query(
      `SELECT ${CERTIFICATE_COLUMNS} FROM certificates WHERE device_id = $1 ORDER BY created_at DESC, id LIMIT 1`,
      [deviceId],
    );
    return rows[0] && certificateOf(rows[0]);
  }

  /**
   * The ARI certID of the certificate that the order renews: the device's newest one of the same account, not expired,
   * with a name in common, and not replaced already (RFC 9773 section 5). undefined: there is none.
   */
  async replaceable(
    order: { readonly deviceId: string; readonly names: readonly string[] },
    accountId: string,
    now: Date,
  ): Promise<string | undefined> {
    const rows: { ari_cert_id: string | null }[] = await this.dataSource.query(
      `SELECT c.ari_cert_id FROM certificates c
        WHERE c.device_id = $1 AND c.account_id = $2 AND c.not_after > $4 AND c.names && $3::text[]
          AND NOT EXISTS (SELECT 1 FROM issuance_orders o
                           WHERE o.device_id = $1 AND o.status = 'issued' AND o.replaces = c.ari_cert_id)
        ORDER BY c.created_at DESC LIMIT 1`,
      [order.deviceId, accountId, order.names, now],
    );
    return rows[0]?.ari_cert_id ?? undefined;
  }
}
