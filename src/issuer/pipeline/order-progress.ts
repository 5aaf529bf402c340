import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import type { IssuedCertificate } from '../certificates/issued-certificate.js';
import type { CaProblem } from '../domain/failure.js';
import type { IssuanceOrder, OrderEvent } from '../domain/order.js';
import type { ReasonCode } from '../domain/order-reason.js';
import { recordOrderEvent } from '../orders/order-events.js';
import type { PipelineStep } from '../domain/pipeline-step.js';
import { type BudgetAccount, type BudgetOutcome, IssuanceBudget } from '../limits/issuance-budget.js';
import { recordRevocations } from '../revocation/record-revocations.js';
import { type Lease, LeaseLostError } from '../worker/lease.js';
import { QueueSignal } from '../worker/queue-signal.js';

/** What a write of a run says beside its purpose: when, and the timeline since the last write. */
export interface Note {
  readonly now: Date;
  readonly events: readonly OrderEvent[];
}

export interface Deferral {
  readonly code: ReasonCode;
  readonly reason: string;
  readonly until: Date;
  /** Failed tries in a row, this one included. */
  readonly failures: number;
  /** The CA's order is of no use any more. */
  readonly startOver: boolean;
  /** What the CA has counted of the order, as far as that ends with this. */
  readonly outcome: BudgetOutcome;
}

/** The oldest events go when an order is tried for months. */
const MAX_EVENTS = 200;

/**
 * What a run writes about its order. Every write holds only under the run's lease: when that is gone nothing is
 * written, and LeaseLostError ends the run.
 */
@Injectable()
export class OrderProgress {
  constructor(
    private readonly dataSource: DataSource,
    private readonly budget: IssuanceBudget,
    private readonly signal: QueueSignal,
  ) {}

  /** Binds the CA's order to ours. From here on a crash resumes it. */
  recordAcmeOrder(
    lease: Lease,
    acmeOrder: { readonly accountId: string; readonly url: string; readonly replaces?: string },
    note: Note,
  ): Promise<void> {
    return this.dataSource.transaction(async (transaction) => {
      const change = {
        account_id: acmeOrder.accountId,
        acme_order_url: acmeOrder.url,
        replaces: acmeOrder.replaces ?? null,
        step: 'acme-order-stored' satisfies PipelineStep,
        step_at: note.now,
      };
      await this.write(lease, note, change, transaction);
      await this.budget.ordered(transaction, lease.orderId, note.now);
    });
  }

  recordStep(lease: Lease, step: PipelineStep, note: Note): Promise<void> {
    return this.write(lease, note, { step, step_at: note.now });
  }

  /** Nothing may be published for a removed device, nor be asked of the CA. */
  async isDeviceRemoved(deviceId: string): Promise<boolean> {
    const rows: unknown[] = await this.dataSource.query(`SELECT 1 FROM devices WHERE id = $1 AND state <> 'deleted'`, [
      deviceId,
    ]);
    return rows.length === 0;
  }

  /** The CA works on it and wants to be asked later: another order may have the place meanwhile. */
  park(lease: Lease, reason: string, until: Date, note: Note): Promise<void> {
    return this.write(lease, note, { ...FREE, reason_code: 'waiting_for_ca', reason, next_attempt_at: until });
  }

  async defer(lease: Lease, deferral: Deferral, note: Note): Promise<void> {
    await this.dataSource.transaction(async (transaction) => {
      const change = {
        ...FREE,
        status: 'deferred',
        reason_code: deferral.code,
        reason: deferral.reason,
        failures: deferral.failures,
        next_attempt_at: deferral.until,
        ...(deferral.startOver && { acme_order_url: null, replaces: null, step: 'queued', step_at: note.now }),
      };
      await this.write(lease, note, change, transaction);
      const rows: { held: boolean }[] = await transaction.query(
        `SELECT acme_order_url IS NOT NULL AS held FROM issuance_orders WHERE id = $1`,
        [lease.orderId],
      );
      // While the CA has an order of it, it may still become a certificate: its slots stay taken.
      if (!rows[0]?.held) await this.budget.settle(transaction, lease.orderId, deferral.outcome, note.now);
      // The CA has counted more than was known here. (A pause is an alarm: it concerns more than this order.)
      if (deferral.code === 'rate_limited') {
        const { code, reason, until } = deferral;
        await recordOrderEvent(transaction, 'order.deferred', lease.orderId, note.now, { code, reason, until });
      }
    });
  }

  /**
   * The order leaves the staging of its CA, where it has passed, or which cannot be had: it goes to the CA itself, in
   * its old place in the line.
   */
  async endRehearsal(
    lease: Lease,
    ca: string,
    { passed, failures }: { readonly passed: boolean; readonly failures: number },
    note: Note,
  ): Promise<void> {
    await this.dataSource.transaction(async (transaction) => {
      const change = {
        ...FREE,
        ca,
        ca_why: null,
        status: 'queued',
        reason_code: null,
        reason: null,
        failures,
        next_attempt_at: note.now,
        account_id: null,
        acme_order_url: null,
        replaces: null,
        step: 'queued',
        step_at: note.now,
        ...(passed && { rehearsed_at: note.now }),
      };
      await this.write(lease, note, change, transaction);
      await this.budget.settle(transaction, lease.orderId, passed ? 'issued' : 'unknown', note.now);
      await this.signal.announce(transaction, lease.orderId);
    });
  }

  /** The CA has refused the order by 429. */
  refused(
    account: BudgetAccount,
    order: Pick<IssuanceOrder, 'id' | 'names'>,
    refusal: { readonly problem: CaProblem; readonly retryAfterSeconds?: number },
    now: Date,
  ): Promise<void> {
    return this.dataSource.transaction((transaction) => this.budget.refused(transaction, account, order, refusal, now));
  }

  async fail(lease: Lease, failure: { readonly code: ReasonCode; readonly reason: string }, note: Note): Promise<void> {
    await this.dataSource.transaction(async (transaction) => {
      const change = {
        ...FREE,
        status: 'failed',
        reason_code: failure.code,
        reason: failure.reason,
        ended_at: note.now,
      };
      await this.write(lease, note, change, transaction);
      await this.budget.settle(
        transaction,
        lease.orderId,
        OUTCOME_OF_FAILURE[failure.code] ?? 'nothing-came',
        note.now,
      );
      await recordOrderEvent(transaction, 'order.failed', lease.orderId, note.now, { ...failure });
    });
  }

  /**
   * Stores the certificate and ends the order, together; one of a device that was removed with its certificates is
   * revoked in the same breath. @returns the certificate's id
   */
  async complete(
    lease: Lease,
    deviceId: string,
    accountId: string,
    certificate: IssuedCertificate,
    note: Note,
  ): Promise<string> {
    const id = randomUUID();
    await this.dataSource.transaction(async (transaction) => {
      // A deletion comes before this and is seen here, or waits for the certificate and revokes it itself.
      const devices: { revoke: boolean }[] = await transaction.query(
        `SELECT revoke_certificates AS revoke FROM devices WHERE id = $1 FOR SHARE`,
        [deviceId],
      );
      await this.write(
        lease,
        note,
        {
          ...FREE,
          status: 'issued',
          reason_code: null,
          reason: null,
          failures: 0,
          step: 'certificate-stored' satisfies PipelineStep,
          step_at: note.now,
          ended_at: note.now,
        },
        transaction,
      );
      await transaction.query(
        `INSERT INTO certificates (id, device_id, order_id, account_id, pem, serial, sha256, spki_sha256, names,
                                   not_before, not_after, ari_cert_id, renew_at, created_at, ari_poll_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
                 CASE WHEN $12::text IS NOT NULL THEN $14::timestamptz END)`,
        [
          id,
          deviceId,
          lease.orderId,
          accountId,
          certificate.pem,
          certificate.serial,
          certificate.sha256,
          certificate.spkiSha256,
          certificate.names,
          certificate.notBefore,
          certificate.notAfter,
          certificate.ariCertId ?? null,
          certificate.renewAt,
          note.now,
        ],
      );
      // The windows of certificates that were replaced are of no interest any more.
      await transaction.query(
        `UPDATE certificates SET ari_poll_at = NULL WHERE device_id = $1 AND id <> $2 AND ari_poll_at IS NOT NULL`,
        [deviceId, id],
      );
      await this.budget.settle(transaction, lease.orderId, 'issued', note.now);
      const { serial, names, notBefore, notAfter } = certificate;
      await recordOrderEvent(transaction, 'certificate.issued', lease.orderId, note.now, {
        certificateId: id,
        serial,
        names,
        notBefore,
        notAfter,
      });
      if (devices[0]?.revoke) {
        await recordRevocations(transaction, 'id = $3', [id], 'cessationOfOperation', note.now);
      }
    });
    return id;
  }

  private async write(
    lease: Lease,
    { now, events }: Note,
    change: Readonly<Record<string, unknown>>,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<void> {
    const columns = Object.keys(change);
    const assignments = columns.map((column, index) => `${column} = $${index + 6}`);
    const [, count]: [unknown[], number] = await manager.query(
      `UPDATE issuance_orders
          SET ${assignments.join(', ')}, updated_at = $3,
              history = (CASE WHEN jsonb_array_length(history) < $5 THEN history ELSE history - 0 END) || $4::jsonb
        WHERE id = $1 AND lease_id = $2`,
      [lease.orderId, lease.id, now, JSON.stringify(events), MAX_EVENTS, ...columns.map((column) => change[column])],
    );
    if (count === 0) {
      lease.lost();
      throw new LeaseLostError(lease.orderId);
    }
  }
}

/** What the CA has counted of an order that failed; a certificate that does not fit was issued all the same. */
const OUTCOME_OF_FAILURE: Partial<Record<ReasonCode, BudgetOutcome>> = {
  validation_failed: 'validation-failed',
  certificate_mismatch: 'issued',
};

const FREE = { lease_id: null, lease_owner: null, lease_server: null, lease_expires_at: null } as const;
