import { createHash, randomUUID } from 'node:crypto';

import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { DeviceFlags } from '../../devices/device-flags.js';
import type { Device } from '../../devices/domain/device.js';
import { Clock } from '../../kernel/clock.js';
import { CaList } from '../accounts/ca-list.js';
import { DomainError } from '../../kernel/errors.js';
import { currentRequestId } from '../../platform/logging/request-id.js';
import { checkKeyUse } from '../domain/csr-key-use.js';
import { checkCsr, type CheckedCsr, type CsrNames } from '../domain/csr-policy.js';
import { readCsr } from '../domain/csr-reader.js';
import { orderSubjects } from '../domain/limits/order-spends.js';
import { type Admission, type AdmissionFacts, admitOrder } from '../domain/order-admission.js';
import { FAILURES_AT_THE_CA } from '../domain/order-reason.js';
import type { OrderStatus } from '../domain/order.js';
import type { PipelineStep } from '../domain/pipeline-step.js';
import { IssuanceBudget } from '../limits/issuance-budget.js';
import { QueueSignal } from '../worker/queue-signal.js';
import { DeviceKeys, type KeyFacts } from './device-keys.js';
import { firstPlace, type FirstPlace } from './order-home.js';
import { type ReadOrder, OrderReader } from './order-reader.js';
import { IS_OPEN } from './order-row.js';

interface OpenRow {
  id: string;
  csr_sha256: string;
  spki_sha256: string;
  status: OrderStatus;
  names: string[];
  step: string;
  leased: boolean;
  acme_order_url: string | null;
  account_id: string | null;
  ca: string | null;
  ca_why: FirstPlace['why'] | null;
  rehearsed_at: Date | null;
  queued_at: Date;
  next_attempt_at: Date;
}

/** From this step on the CA may have the CSR: it is recorded before finalize is sent. */
const AUTHORIZED: PipelineStep = 'authorized';

export interface IntakeOptions {
  /** May the server renew for the same key when the device does not come for it? Default: it may. */
  readonly renewWhileAway?: boolean;
}

/** Takes CSRs of devices and makes orders of them. */
@Injectable()
export class OrderIntake {
  private readonly logger = new Logger(OrderIntake.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly keys: DeviceKeys,
    private readonly flags: DeviceFlags,
    private readonly reader: OrderReader,
    private readonly signal: QueueSignal,
    private readonly budget: IssuanceBudget,
    private readonly list: CaList,
    private readonly clock: Clock,
  ) {}

  /**
   * @returns the order: a new one, the open one of the same CSR, or the one that was issued for it
   * @throws DomainError `csr_rejected`, `device_suspended`, `order_open`
   */
  async submit(device: Device, csrText: string, { renewWhileAway = true }: IntakeOptions = {}): Promise<ReadOrder> {
    const csr = checkCsr(readCsr(csrText), csrNames(device));
    const now = this.clock.now();
    const { orderId, made, keyFacts } = await this.dataSource.transaction((transaction) =>
      this.admit(transaction, device, csr, { renewWhileAway }, now),
    );
    if (keyFacts !== undefined) await this.refuseKey(device, keyFacts, now);
    if (made) {
      this.signal.wake();
      this.logger.log({ orderId, deviceId: device.deviceId, names: csr.names, key: csr.keyDescription }, 'order taken');
    }
    return this.reader.read(device.deviceId, orderId!, now);
  }

  private async admit(
    transaction: EntityManager,
    device: Device,
    csr: CheckedCsr,
    options: IntakeOptions,
    now: Date,
  ): Promise<{ orderId?: string; made: boolean; keyFacts?: KeyFacts }> {
    await this.lockDevice(transaction, device.deviceId);
    const csrSha256 = createHash('sha256').update(csr.der).digest('hex');
    const open = await this.openOrder(transaction, device.deviceId);
    const admission = admitOrder(await this.facts(transaction, device.deviceId, csr, csrSha256, open), now);
    if (admission.kind === 'same-order' || admission.kind === 'issued')
      return { orderId: admission.orderId, made: false };
    if (admission.kind === 'busy') throw busy(admission, open!, now);

    const keyFacts = await this.keys.claim(transaction, csr.spkiSha256, device.deviceId, now);
    if (keyFacts.reportedCompromised || keyFacts.acmeAccountKey || keyFacts.otherDeviceId !== undefined) {
      return { made: false, keyFacts };
    }
    const orderId = await this.insert(transaction, device.deviceId, csr, csrSha256, admission, open, options, now);
    await this.signal.announce(transaction, orderId);
    return { orderId, made: true };
  }

  /** One decision at a time a device. The state is read again: the guard's answer may be some time old. */
  private async lockDevice(transaction: EntityManager, deviceId: string): Promise<void> {
    const rows: { state: string }[] = await transaction.query(
      `SELECT state FROM devices WHERE id = $1 FOR NO KEY UPDATE`,
      [deviceId],
    );
    if (rows[0]?.state !== 'active') {
      throw new DomainError('device_suspended', 'This device may not order. Ask the operator to resume it.');
    }
  }

  private async openOrder(transaction: EntityManager, deviceId: string): Promise<OpenRow | undefined> {
    const rows: OpenRow[] = await transaction.query(
      `SELECT o.id, o.csr_sha256, o.spki_sha256, o.status, o.names, o.step, o.acme_order_url, o.account_id, o.ca, o.ca_why, o.rehearsed_at, o.queued_at, o.next_attempt_at,
              coalesce(o.lease_expires_at > clock_timestamp(), false) AS leased
         FROM issuance_orders o WHERE o.device_id = $1 AND ${IS_OPEN} FOR UPDATE`,
      [deviceId],
    );
    return rows[0];
  }

  private async facts(
    transaction: EntityManager,
    deviceId: string,
    csr: CheckedCsr,
    csrSha256: string,
    open: OpenRow | undefined,
  ): Promise<AdmissionFacts> {
    const issued: { id: string; renew_at: Date; revoked: boolean; newest: boolean }[] = await transaction.query(
      `SELECT o.id, c.renew_at, c.revoked_at IS NOT NULL AS revoked,
              NOT EXISTS (SELECT 1 FROM certificates newer WHERE newer.device_id = $1 AND newer.created_at > c.created_at) AS newest
         FROM issuance_orders o JOIN certificates c ON c.order_id = o.id
        WHERE o.device_id = $1 AND o.csr_sha256 = $2 AND o.status = 'issued' ORDER BY o.created_at DESC LIMIT 1`,
      [deviceId, csrSha256],
    );
    const failed: { failures: number; last: Date | null }[] = await transaction.query(
      `SELECT count(*)::int AS failures, max(o.ended_at) AS last FROM issuance_orders o
        WHERE o.device_id = $1 AND o.status = 'failed' AND o.reason_code = ANY ($2::text[])
          AND o.created_at > coalesce((SELECT max(i.created_at) FROM issuance_orders i
                                        WHERE i.device_id = $1 AND i.status = 'issued'), '-infinity')`,
      [deviceId, FAILURES_AT_THE_CA],
    );
    const last = issued[0];
    return {
      csrSha256,
      spkiSha256: csr.spkiSha256,
      names: csr.names,
      failures: failed[0]?.failures ?? 0,
      lastFailureAt: failed[0]?.last ?? undefined,
      ...(last && { issued: { id: last.id, renewAt: last.renew_at, revoked: last.revoked, newest: last.newest } }),
      ...(open && {
        open: {
          id: open.id,
          csrSha256: open.csr_sha256,
          spkiSha256: open.spki_sha256,
          status: open.status,
          names: open.names,
          leased: open.leased,
          finalized: open.step === AUTHORIZED,
          acmeOrderUrl: open.acme_order_url ?? undefined,
        },
      }),
    };
  }

  private async insert(
    transaction: EntityManager,
    deviceId: string,
    csr: CheckedCsr,
    csrSha256: string,
    admission: Extract<Admission, { kind: 'accept' }>,
    open: OpenRow | undefined,
    { renewWhileAway = true }: IntakeOptions,
    now: Date,
  ): Promise<string> {
    const id = randomUUID();
    const queued = { at: now.toISOString(), step: 'queued' };
    const heldBack = admission.heldBackBy > 0;
    const inherits = admission.inheritAcmeOrder;
    const { domains, exactSet } = orderSubjects(csr.names);
    const place: FirstPlace =
      open && inherits
        ? { ca: open.ca, why: open.ca_why }
        : await firstPlace(transaction, this.list, deviceId, { failed: admission.failures > 0 });
    if (admission.supersedes !== undefined) await this.supersede(transaction, admission.supersedes, id, now);
    await transaction.query(
      `INSERT INTO issuance_orders (id, device_id, csr_der, csr_sha256, spki_sha256, names, status, reason_code, reason, step,
                                    step_at, queued_at, next_attempt_at, account_id, acme_order_url, history, created_at, updated_at,
                                    registered_domains, exact_set, renew_while_away, ca, ca_why, rehearsed_at, request_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'queued', $10, $11, $12, $13, $14, $15, $10, $10, $16, $17, $18, $19, $20, $21, $22)`,
      [
        id,
        deviceId,
        Buffer.from(csr.der),
        csrSha256,
        csr.spkiSha256,
        csr.names,
        heldBack ? 'deferred' : 'queued',
        heldBack ? (admission.quarantined ? 'quarantined' : 'after_failure') : null,
        heldBack ? heldBackSentence(admission) : null,
        now,
        open?.queued_at ?? now,
        admission.notBefore,
        inherits ? open?.account_id : null,
        inherits ? open?.acme_order_url : null,
        JSON.stringify([queued]),
        domains,
        exactSet,
        renewWhileAway,
        place.ca,
        place.why,
        inherits ? (open?.rehearsed_at ?? null) : null,
        currentRequestId() ?? null,
      ],
    );
    if (admission.supersedes !== undefined) {
      if (inherits) await this.budget.transfer(transaction, admission.supersedes, id);
      else await this.budget.settle(transaction, admission.supersedes, 'nothing-came', now);
    }
    return id;
  }

  private async supersede(transaction: EntityManager, orderId: string, byOrderId: string, now: Date): Promise<void> {
    const reason = `The device sent a newer CSR: order ${byOrderId} takes its place.`;
    await transaction.query(
      `UPDATE issuance_orders SET status = 'failed', reason_code = 'superseded', reason = $2, ended_at = $3, updated_at = $3,
              lease_id = NULL, lease_owner = NULL, lease_server = NULL, lease_expires_at = NULL, history = history || $4::jsonb WHERE id = $1`,
      [orderId, reason, now, JSON.stringify([{ at: now.toISOString(), step: 'failed', note: reason }])],
    );
  }

  private async refuseKey(device: Device, facts: KeyFacts, now: Date): Promise<void> {
    const otherDevice = facts.otherDeviceId;
    if (otherDevice !== undefined) await this.flags.flagClone([device.deviceId, otherDevice], now);
    checkKeyUse({
      reportedCompromised: facts.reportedCompromised,
      acmeAccountKey: facts.acmeAccountKey,
      otherDevice: otherDevice !== undefined,
    });
  }
}

function busy(admission: Extract<Admission, { kind: 'busy' }>, open: OpenRow, now: Date): DomainError {
  const untilNext = Math.ceil((open.next_attempt_at.getTime() - now.getTime()) / 1000);
  return new DomainError(
    'order_open',
    `Order ${admission.orderId} for another CSR of this device is in the CA's hands. Wait for it: GET /v1/device/orders/${admission.orderId} shows how it goes.`,
    { retryAfterSeconds: Math.min(Math.max(admission.retryAfterSeconds, untilNext), 3_600) },
  );
}

function heldBackSentence({ heldBackBy, quarantined }: { heldBackBy: number; quarantined: boolean }): string {
  const orders =
    heldBackBy === 1 ? 'The last order of this device failed' : `The last ${heldBackBy} orders of this device failed`;
  return quarantined
    ? `${orders} at the CA: it is in quarantine and tried once a day, until one succeeds or an operator retries it.`
    : `${orders} at the CA; this one is tried after a pause.`;
}

function csrNames({ name, zone, aliases, wildcard }: Device): CsrNames {
  return { deviceName: name, aliases: aliases.map((label) => `${label}.${zone}`), wildcard };
}
