import type { IssuanceOrder, OrderEvent, OrderStatus } from '../domain/order.js';
import type { ReasonCode } from '../domain/order-reason.js';

/** A row of issuance_orders as PostgreSQL gives it. */
export interface OrderRow {
  id: string;
  device_id: string;
  csr_der: Buffer;
  csr_sha256: string;
  spki_sha256: string;
  names: string[];
  status: OrderStatus;
  reason_code: ReasonCode | null;
  reason: string | null;
  step: string;
  step_at: Date;
  failures: number;
  queued_at: Date;
  next_attempt_at: Date;
  ca: string | null;
  account_id: string | null;
  acme_order_url: string | null;
  replaces: string | null;
  history: OrderEvent[];
  created_at: Date;
  request_id: string | null;
}

/** The columns of an OrderRow, of the table that is called `o` in the statement. */
export const ORDER_COLUMNS = `
  o.id, o.device_id, o.csr_der, o.csr_sha256, o.spki_sha256, o.names, o.status, o.reason_code, o.reason, o.step,
  o.step_at, o.failures, o.queued_at, o.next_attempt_at, o.ca, o.account_id, o.acme_order_url, o.replaces, o.history,
  o.created_at, o.request_id`;

/** SQL: the order may still become a certificate. As the index issuance_orders_open says it. */
export const IS_OPEN = `o.status IN ('queued', 'issuing', 'deferred')`;

/**
 * SQL, with its device as `d`: the device was removed with its certificates, and the CA may have been told to issue
 * one by this order (step `authorized` is written before the CA has the CSR).
 */
export const IS_TO_BE_REVOKED = `d.revoke_certificates AND o.step = 'authorized' AND o.acme_order_url IS NOT NULL`;

export function orderOf(row: OrderRow): IssuanceOrder {
  return {
    id: row.id,
    deviceId: row.device_id,
    csrDer: row.csr_der,
    csrSha256: row.csr_sha256,
    spkiSha256: row.spki_sha256,
    names: row.names,
    status: row.status,
    reasonCode: row.reason_code ?? undefined,
    reason: row.reason ?? undefined,
    step: row.step,
    stepAt: row.step_at,
    failures: row.failures,
    queuedAt: row.queued_at,
    nextAttemptAt: row.next_attempt_at,
    ca: row.ca ?? undefined,
    accountId: row.account_id ?? undefined,
    acmeOrderUrl: row.acme_order_url ?? undefined,
    replaces: row.replaces ?? undefined,
    history: row.history,
    createdAt: row.created_at,
    requestId: row.request_id ?? undefined,
  };
}
