import type { EditScope, ZoneEdit } from '../domain/zone-edit.js';
import type { JoinedWrite } from '../../platform/database/joined-write.js';

/** One change of a zone: made as a whole, or refused as a whole. */
export interface ZoneChange {
  /** In presentation format. */
  readonly zone: string;
  /** What `edit` reads and writes. */
  readonly scope: EditScope;
  /**
   * Makes the change; throws a DomainError to refuse it. Pure, because it may be called again on another state of the
   * zone: after a lock was lost, or without a change that came before it and was refused.
   */
  edit(zone: ZoneEdit): void;
  /** Written in the same transaction; its refusal refuses this change. */
  readonly write?: JoinedWrite;
  /** Raise the serial over all that was ever published, even when nothing is different: see domain/serial.ts. */
  readonly raiseSerial?: boolean;
}

export interface CommittedChange {
  /** The zone's serial with this change; the old one when nothing became different. */
  readonly serial: number;
  /** Whether this transaction changed what the zone serves. */
  readonly changed: boolean;
}
