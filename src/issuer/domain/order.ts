import type { ReasonCode } from './order-reason.js';

/**
 * `queued`: waits for its turn. `issuing`: claimed by a server, or waiting for an answer of the CA. `deferred`: waits
 * for a time that `reason` explains. `issued` and `failed` are final.
 */
export type OrderStatus = 'queued' | 'issuing' | 'deferred' | 'issued' | 'failed';

/** May it still become a certificate? */
export function isOpen(status: OrderStatus): boolean {
  return status !== 'issued' && status !== 'failed';
}

/** What happened to an order, for people: its timeline. `at` is ISO 8601 UTC. */
export interface OrderEvent {
  readonly at: string;
  readonly step: string;
  readonly note?: string;
}

/** Our order: one CSR of one device on its way to a certificate. Digests are lower-case hex SHA-256. */
export interface IssuanceOrder {
  readonly id: string;
  readonly deviceId: string;
  readonly csrDer: Buffer;
  readonly csrSha256: string;
  /** Of the SubjectPublicKeyInfo in the CSR. */
  readonly spkiSha256: string;
  readonly names: readonly string[];
  readonly status: OrderStatus;
  readonly reasonCode?: ReasonCode;
  readonly reason?: string;
  /** The last step of the pipeline that was recorded, or `queued`. */
  readonly step: string;
  readonly stepAt: Date;
  /** Tries in a row that ended in a backoff. */
  readonly failures: number;
  /** Its place in the line; a newer CSR that supersedes an order keeps the place. */
  readonly queuedAt: Date;
  readonly nextAttemptAt: Date;
  /** The directory URL of the CA that it is for, where there are several. */
  readonly ca?: string;
  readonly accountId?: string;
  readonly acmeOrderUrl?: string;
  /** ARI certID that was sent with newOrder. */
  readonly replaces?: string;
  readonly history: readonly OrderEvent[];
  readonly createdAt: Date;
  /** The X-Request-Id of the call that it was made by; absent: the server has made it by itself. */
  readonly requestId?: string;
}
