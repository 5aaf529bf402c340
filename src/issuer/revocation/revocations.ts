import { X509Certificate } from 'node:crypto';

import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { addSeconds, Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { CaAccounts } from '../accounts/ca-accounts.js';
import { type AcmeCa, AcmeProblemError } from '../acme/acme-ca.js';
import {
  CERTIFICATE_COLUMNS,
  certificateOf,
  type CertificateRow,
  type StoredCertificate,
} from '../certificates/certificate-store.js';
import { retryDelaySeconds } from '../domain/backoff.js';
import { decideOnFailure } from '../domain/failure.js';
import { REVOCATION_REASONS, type RevocationReason } from '../domain/revocation-reason.js';
import { DeviceKeys } from '../orders/device-keys.js';
import { HopelessOrders } from '../orders/hopeless-orders.js';
import { failureOf } from '../pipeline/run-failure.js';
import { recordRevocations } from './record-revocations.js';

/** A server that tells the CA keeps the others from doing so at the same time for so long. */
const CLAIM_SECONDS = 120;
const AT_ONCE = 20;

/**
 * Revocation: recorded first, so that it is never forgotten, then told to the CA by whichever server is up, again and
 * again until the CA confirms or the certificate has ended by itself.
 */
@Injectable()
export class Revocations {
  private readonly logger = new Logger(Revocations.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly accounts: CaAccounts,
    private readonly keys: DeviceKeys,
    private readonly hopeless: HopelessOrders,
    private readonly clock: Clock,
  ) {}

  /**
   * Records the revocation of the device's newest certificate. `keyCompromise` refuses the key for ever, and revokes
   * every certificate for it.
   * @returns the certificate as it is now
   * @throws DomainError `no_certificate`, `already_revoked`
   */
  async revokeNewest(deviceId: string, reason: RevocationReason): Promise<StoredCertificate> {
    const now = this.clock.now();
    return this.dataSource.transaction(async (transaction) => {
      const rows: CertificateRow[] = await transaction.query(
        `SELECT ${CERTIFICATE_COLUMNS} FROM certificates WHERE device_id = $1 ORDER BY created_at DESC, id LIMIT 1 FOR UPDATE`,
        [deviceId],
      );
      const certificate = rows[0] && certificateOf(rows[0]);
      if (!certificate)
        throw new DomainError('no_certificate', 'This device has no certificate that could be revoked.');
      const toldBefore = certificate.revocationReason;
      if (toldBefore !== undefined && (reason !== 'keyCompromise' || toldBefore === 'keyCompromise')) {
        throw new DomainError(
          'already_revoked',
          `The certificate ${certificate.serial} was revoked already (${toldBefore}); order a new one.`,
        );
      }
      if (reason === 'keyCompromise') {
        await this.keys.markCompromised(transaction, certificate.spkiSha256, deviceId, now);
        await this.revokeCompromised(transaction, now);
        await this.hopeless.fail(transaction, now);
      } else {
        await recordRevocations(transaction, 'id = $3', [certificate.id], reason, now);
      }
      this.logger.log({ deviceId, serial: certificate.serial, reason }, 'certificate revoked');
      return { ...certificate, revokedAt: certificate.revokedAt ?? now, revocationReason: reason };
    });
  }

  /** Records the revocation of every certificate that a device still has in force, in the transaction that deletes it. */
  revokeAll(transaction: EntityManager, deviceId: string, reason: RevocationReason, now: Date): Promise<number> {
    return recordRevocations(
      transaction,
      'device_id = $3 AND revoked_at IS NULL AND not_after > $2',
      [deviceId],
      reason,
      now,
    );
  }

  /** One round: certificates that were issued for a compromised key after all, then what the CA has not confirmed. */
  async tellCa(): Promise<void> {
    const now = this.clock.now();
    await this.dataSource.transaction((transaction) => this.revokeCompromised(transaction, now));
    const claimed: [(CertificateRow & { revocation_failures: number })[], number] = await this.dataSource.query(
      `UPDATE certificates SET revocation_next_attempt_at = $2
        WHERE id IN (SELECT id FROM certificates
                      WHERE revoked_at IS NOT NULL AND revocation_confirmed_at IS NULL
                        AND revocation_next_attempt_at <= $1 AND not_after > $1
                      ORDER BY revocation_next_attempt_at LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED)
        RETURNING ${CERTIFICATE_COLUMNS}, revocation_failures`,
      [now, addSeconds(now, CLAIM_SECONDS)],
    );
    for (const row of claimed[0]) await this.tellCaOf(certificateOf(row), row.revocation_failures);
  }

  private async tellCaOf(certificate: StoredCertificate, failures: number): Promise<void> {
    const reason = certificate.revocationReason!;
    try {
      const { ca } = await this.accounts.open(certificate.accountId);
      await revokeAt(ca, new X509Certificate(certificate.pem).raw, reason);
    } catch (error) {
      await this.tryLater(certificate, failures, error);
      return;
    }
    // Only what the CA was told is confirmed: the reason may have become keyCompromise meanwhile.
    await this.dataSource.query(
      `UPDATE certificates SET revocation_confirmed_at = $2, revocation_error = NULL
        WHERE id = $1 AND revocation_reason = $3`,
      [certificate.id, this.clock.now(), reason],
    );
    this.logger.log({ serial: certificate.serial, reason }, 'the CA has confirmed the revocation');
  }

  private async tryLater(certificate: StoredCertificate, failures: number, error: unknown): Promise<void> {
    const decision = decideOnFailure(failureOf(error), { failures, random: Math.random() });
    // A refusal is tried again too, daily at last: a certificate that ought to be revoked is never given up.
    const seconds = decision.kind === 'defer' ? decision.delaySeconds : retryDelaySeconds(failures + 1, Math.random());
    const words = error instanceof AcmeProblemError ? error.message : decision.reason;
    this.logger.warn({ serial: certificate.serial }, `the CA has not revoked a certificate yet: ${words}`);
    await this.dataSource.query(
      `UPDATE certificates SET revocation_failures = revocation_failures + 1, revocation_error = $2, revocation_next_attempt_at = $3
        WHERE id = $1`,
      [certificate.id, words, addSeconds(this.clock.now(), seconds)],
    );
  }

  /** Whatever is in force for a key that was reported compromised is revoked for that reason. */
  private async revokeCompromised(manager: EntityManager, now: Date): Promise<void> {
    await recordRevocations(
      manager,
      `not_after > $2 AND revocation_reason IS DISTINCT FROM $1
        AND spki_sha256 IN (SELECT spki_sha256 FROM device_keys WHERE compromised_at IS NOT NULL)`,
      [],
      'keyCompromise',
      now,
    );
  }
}

/** A CA that does not take the reason takes the revocation without one (RFC 8555 section 7.6: badRevocationReason). */
async function revokeAt(ca: AcmeCa, certificateDer: Uint8Array, reason: RevocationReason): Promise<void> {
  try {
    await ca.revokeCertificate(certificateDer, REVOCATION_REASONS[reason]);
  } catch (error) {
    if (!(error instanceof AcmeProblemError) || error.problem.type !== 'badRevocationReason') throw error;
    await ca.revokeCertificate(certificateDer);
  }
}
