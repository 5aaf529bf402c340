import type { EntityManager } from 'typeorm';

/** Notifications about tsig_keys and secondaries, to every server. */
export const ZONE_PEERS_CHANNEL = 'fleetcert_zone_peers';

/**
 * The revision of a change that this transaction makes, and the word to the other servers when it commits. Changes wait
 * for each other here, so that revisions become visible in their order.
 */
export async function nextZonePeerRevision(transaction: EntityManager): Promise<string> {
  const [rows] = await transaction.query<[{ revision: string }[], number]>(
    `UPDATE zone_peers_revision SET revision = revision + 1 RETURNING revision`,
  );
  await transaction.query(`SELECT pg_notify($1, '')`, [ZONE_PEERS_CHANNEL]);
  return rows[0]!.revision;
}
