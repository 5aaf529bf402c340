import { createHash } from 'node:crypto';

import type { IssuedCertificate, RenewalWindow } from '../../domain/certificate.js';
import { nameSetHash } from '../../domain/identifier.js';
import { REVOCATION_REASONS } from '../../domain/revocation.js';
import type { CertificateStore } from '../../ports/acme-store.js';
import type { Sql } from './sql.js';

interface CertificateRow {
  readonly id: string;
  readonly cert_id: string;
  readonly order_id: string;
  readonly account_id: string;
  readonly names: string[];
  readonly der: Buffer;
  readonly issuer_chains: string[];
  readonly not_before: Date;
  readonly not_after: Date;
  readonly issued_at: Date;
  readonly key_hash: string;
  readonly revoked_at: Date | null;
  readonly revocation_reason: number | null;
  readonly window_start: Date | null;
  readonly window_end: Date | null;
  readonly window_explanation_url: string | null;
}

const SELECT = `
  SELECT certificate.*, ARRAY(
    SELECT chain.pem FROM unnest(certificate.issuer_chain_ids) WITH ORDINALITY AS wanted (id, position)
    JOIN acme_server_issuer_chains AS chain USING (id) ORDER BY wanted.position
  ) AS issuer_chains
  FROM acme_server_certificates AS certificate`;

export class PostgresCertificates implements CertificateStore {
  constructor(private readonly sql: Sql) {}

  async find(id: string): Promise<IssuedCertificate | undefined> {
    const row = await this.sql.first<CertificateRow>(`${SELECT} WHERE server = $1 AND certificate.id = $2`, [id]);
    return row && certificateOf(row);
  }

  async findByCertId(certId: string): Promise<IssuedCertificate | undefined> {
    const row = await this.sql.first<CertificateRow>(`${SELECT} WHERE server = $1 AND cert_id = $2`, [certId]);
    return row && certificateOf(row);
  }

  async existsForNames(hash: string, since: Date): Promise<boolean> {
    const rows = await this.sql.rows(
      `SELECT 1 FROM acme_server_certificates WHERE server = $1 AND name_set_hash = $2 AND issued_at > $3 LIMIT 1`,
      [hash, since],
    );
    return rows.length > 0;
  }

  async revoke(id: string, reason: number, at: Date): Promise<boolean> {
    const revoked = await this.sql.change(
      `UPDATE acme_server_certificates SET revoked_at = $4, revocation_reason = $3::smallint
       WHERE server = $1 AND id = $2
         AND (revoked_at IS NULL OR ($3::smallint = $5::smallint AND revocation_reason <> $5::smallint))`,
      [id, reason, at, REVOCATION_REASONS.keyCompromise],
    );
    return revoked === 1;
  }

  async setRenewalWindow(id: string, window: RenewalWindow | undefined): Promise<void> {
    await this.sql.change(
      `UPDATE acme_server_certificates SET window_start = $3, window_end = $4, window_explanation_url = $5
       WHERE server = $1 AND id = $2`,
      [id, window?.start ?? null, window?.end ?? null, window?.explanationUrl ?? null],
    );
  }

  async listRevoked(now: Date): Promise<readonly IssuedCertificate[]> {
    const rows = await this.sql.rows<CertificateRow>(
      `${SELECT} WHERE server = $1 AND revoked_at IS NOT NULL AND not_after > $2 ORDER BY issued_at`,
      [now],
    );
    return rows.map(certificateOf);
  }

  async blockKey(keyHash: string): Promise<void> {
    await this.sql.execute(
      `INSERT INTO acme_server_blocked_keys (server, key_hash) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
      [keyHash],
    );
  }

  async isKeyBlocked(keyHash: string): Promise<boolean> {
    const rows = await this.sql.rows(`SELECT 1 FROM acme_server_blocked_keys WHERE server = $1 AND key_hash = $2`, [
      keyHash,
    ]);
    return rows.length > 0;
  }
}

export async function insertCertificate(sql: Sql, certificate: IssuedCertificate): Promise<void> {
  // A chain is the same for a hundred thousand certificates: it is kept once.
  const chains = certificate.issuerChains.map((pem) => ({ id: createHash('sha256').update(pem).digest('hex'), pem }));
  for (const { id, pem } of chains) {
    await sql.execute(
      `INSERT INTO acme_server_issuer_chains (id, pem) SELECT $2, $3 WHERE $1 <> '' ON CONFLICT DO NOTHING`,
      [id, pem],
    );
  }
  await sql.execute(
    `INSERT INTO acme_server_certificates (server, id, cert_id, order_id, account_id, names, name_set_hash, der,
       issuer_chain_ids, not_before, not_after, issued_at, key_hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      certificate.id,
      certificate.certId,
      certificate.orderId,
      certificate.accountId,
      certificate.names,
      nameSetHash(certificate.names),
      Buffer.from(certificate.der),
      chains.map(({ id }) => id),
      certificate.notBefore,
      certificate.notAfter,
      certificate.issuedAt,
      certificate.keyHash,
    ],
  );
}

function certificateOf(row: CertificateRow): IssuedCertificate {
  const { window_start: start, window_end: end, window_explanation_url: explanationUrl } = row;
  return {
    id: row.id,
    certId: row.cert_id,
    orderId: row.order_id,
    accountId: row.account_id,
    names: row.names,
    der: new Uint8Array(row.der),
    issuerChains: row.issuer_chains,
    notBefore: row.not_before,
    notAfter: row.not_after,
    issuedAt: row.issued_at,
    keyHash: row.key_hash,
    ...(row.revoked_at ? { revoked: { at: row.revoked_at, reason: row.revocation_reason ?? 0 } } : {}),
    ...(start && end ? { renewalWindow: { start, end, ...(explanationUrl === null ? {} : { explanationUrl }) } } : {}),
  };
}
