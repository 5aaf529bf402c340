import type { RevocationReason } from '../../issuer/domain/revocation-reason.js';

/** What can be done to many devices at once. */
export const BULK_ACTIONS = ['suspend', 'resume', 'delete', 'set-group', 'retry', 'revoke'] as const;

export type BulkAction = (typeof BULK_ACTIONS)[number];

/** What an action needs beside its devices. */
export interface BulkParameters {
  /** set-group; null: none. */
  readonly group?: string | null;
  /** delete: revoke the certificates, too. */
  readonly revoke?: boolean;
  /** revoke. */
  readonly reason?: RevocationReason;
}
