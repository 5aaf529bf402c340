import type { EditScope, ZoneEdit } from '../domain/zone-edit.js';
import type { StoredRrset } from '../domain/stored-rrset.js';
import type { ZoneView } from '../domain/zone.js';
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
  /**
   * The RRsets that the scope's subtrees should have in the database, by what this server serves; undefined where it cannot
   * tell. For a change with no other scope that need not wait for them to be read: PostgreSQL compares them
   * (presumed-rows.ts).
   */
  readonly remembered?: (memory: ZoneView) => readonly StoredRrset[] | undefined;
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
