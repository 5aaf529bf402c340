import type { ReasonCode } from './order-reason.js';

/**
 * `queued`: waits for its turn. `issuing`: claimed by a server, or waiting for an answer of the CA. `deferred`: waits
 * for a time that `reason` explains. `issued` and `failed` are final.
 */
export type OrderStatus = 'queued' | 'issuing' | 'deferred' | 'issued' | 'failed';

/** The statuses of an order that still may become a certificate. */
export const OPEN_STATUSES = ['queued', 'issuing', 'deferred'] as const satisfies readonly OrderStatus[];

export function isOpen(status: OrderStatus): boolean {
  return (OPEN_STATUSES as readonly OrderStatus[]).includes(status);
}

/** What happened to an order, for people: shown as its timeline. */
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
  /** The last step of the pipeline that was recorded. */
  readonly step: string;
  readonly stepAt: Date;
  readonly reasonCode?: ReasonCode;
  readonly reason?: string;
  /** Tries in a row that ended in a backoff. */
  readonly failures: number;
  /** Its place in the line; a newer CSR that supersedes an order keeps the place. */
  readonly queuedAt: Date;
  readonly nextAttemptAt: Date;
  readonly leased: boolean;
  readonly accountId?: string;
  readonly acmeOrderUrl?: string;
  /** ARI certID that was sent with newOrder. */
  readonly replaces?: string;
  readonly history: readonly OrderEvent[];
  readonly createdAt: Date;
  readonly endedAt?: Date;
}
