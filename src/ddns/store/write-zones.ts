import type { PipelinedTransaction } from '../../platform/database/pipelined-transaction.js';
import { presentName } from '../domain/name.js';
import type { StoredRrset } from '../domain/stored-rrset.js';
import type { JournalChanges } from '../journal/journal-changes.js';
import type { RrsetKey } from './rrset-rows.js';

/** The channel that tells every server of a zone's new serial; the payload is `<zone> <serial> <writer>`. */
export const ZONE_CHANNEL = 'fleetcert_zone';

export interface ZoneWrites {
  /** Who writes; its own server need not look at what it has just committed. */
  readonly writerId: string;
  readonly upserts: readonly { readonly zone: string; readonly rrset: StoredRrset }[];
  readonly deletions: readonly RrsetKey[];
  readonly serials: readonly {
    readonly zone: string;
    readonly serialFrom: number;
    readonly serial: number;
    /** Absent for a zone's first content: there is nothing that a difference could start from. */
    readonly changes?: JournalChanges;
  }[];
}

/** One statement for everything: a hundred changes that arrive together cost one round trip. */
const STATEMENT = {
  name: 'write-zones',
  text: `
  WITH incoming AS (
    SELECT zone, name, type, min(ttl) AS ttl,
        array_agg(rdata ORDER BY position) AS rdata, array_agg(owner ORDER BY position) AS owners
      FROM unnest($1::text[], $2::text[], $3::integer[], $4::bigint[], $5::bytea[], $6::text[])
        WITH ORDINALITY AS v (zone, name, type, ttl, rdata, owner, position)
      GROUP BY zone, name, type
  ), upserted AS (
    INSERT INTO rrsets (zone, name, type, ttl, rdata, owners)
      SELECT zone, name, type, ttl, rdata, owners FROM incoming
      ON CONFLICT (zone, name, type)
        DO UPDATE SET ttl = excluded.ttl, rdata = excluded.rdata, owners = excluded.owners
  ), deleted AS (
    DELETE FROM rrsets r USING unnest($7::text[], $8::text[], $9::integer[]) AS gone (zone, name, type)
      WHERE r.zone = gone.zone AND r.name = gone.name AND r.type = gone.type
  ), journaled AS (
    INSERT INTO zone_journal (zone, serial_from, serial, changes)
      SELECT zone, serial_from, serial, changes::jsonb
        FROM unnest($10::text[], $11::bigint[], $12::bigint[], $13::text[]) AS j (zone, serial_from, serial, changes)
        WHERE changes IS NOT NULL
  )
  UPDATE zones z SET serial = j.serial, changed_at = now()
    FROM unnest($10::text[], $12::bigint[]) AS j (zone, serial)
    WHERE z.name = j.zone
    RETURNING pg_notify('${ZONE_CHANNEL}', concat_ws(' ', z.name, z.serial, $14::text))`,
};

/**
 * Sends what became different, in the transaction that holds the zones' rows. Nothing different: no statement. What cannot
 * be sent throws at once, before a commit can go out behind it.
 */
export function writeZones(transaction: PipelinedTransaction, writes: ZoneWrites): Promise<unknown> {
  const { upserts, deletions, serials } = writes;
  if (upserts.length + deletions.length + serials.length === 0) return Promise.resolve();
  const values = upserts.flatMap(({ zone, rrset }) =>
    rrset.values.map((value) => ({ zone, name: presentName(rrset.name), type: rrset.type, ttl: rrset.ttl, ...value })),
  );
  return transaction.send(STATEMENT, [
    values.map(({ zone }) => zone),
    values.map(({ name }) => name),
    values.map(({ type }) => type),
    values.map(({ ttl }) => ttl),
    values.map(({ rdata }) => rdata),
    values.map(({ owner }) => owner),
    deletions.map(({ zone }) => zone),
    deletions.map(({ name }) => presentName(name)),
    deletions.map(({ type }) => type),
    serials.map(({ zone }) => zone),
    serials.map(({ serialFrom }) => serialFrom),
    serials.map(({ serial }) => serial),
    serials.map(({ changes }) => (changes ? JSON.stringify(changes) : null)),
    writes.writerId,
  ]);
}
