/**
 * Tables whose rows cannot be made again: a backup carries them all. (A table that is in neither of the two lists is
 * carried too, so that nothing is lost by a slip; a test then asks for its entry.)
 */
export const KEPT_TABLES: ReadonlySet<string> = new Set([
  // Devices: names, credentials' hashes, keys that are refused for ever.
  'enrollment_keys',
  'devices',
  'device_tokens',
  'device_keys',
  'device_access',
  'device_aliases',
  'device_address_history',
  // Kept by triggers, which a restore does not fire: it brings the rows as they were.
  'device_facts',
  // Zones: serials and records.
  'zones',
  'rrsets',
  'zone_peers_revision',
  'tsig_keys',
  'secondaries',
  // Issuance: accounts, orders with their CSRs, certificates with what ARI says of them, what is left of the limits.
  'acme_accounts',
  'issuance_orders',
  'certificates',
  'issuance_buckets',
  'issuance_planner',
  'issuance_cas',
  'issuance_pauses',
  // The key of the API's own certificate: devices may have pinned it.
  'api_tls',
  // Operators.
  'api_keys',
  'audit_log',
  'bulk_jobs',
  'bulk_job_items',
  'events',
  'event_cursors',
  'alarms',
  'webhooks',
  'webhook_deliveries',
  'mail_messages',
  // Our own ACME server: accounts of its clients, what it has issued and revoked, and its limits.
  'acme_server_accounts',
  'acme_server_authorizations',
  'acme_server_orders',
  'acme_server_issuer_chains',
  'acme_server_certificates',
  'acme_server_blocked_keys',
  'acme_server_buckets',
  'acme_server_paused_names',
]);

/** Tables whose rows a restored server makes again by itself, and why that is no loss. */
export const REBUILT_TABLES: Readonly<Record<string, string>> = {
  migrations: 'written by the migrations that a restore runs',
  typeorm_metadata: 'written by the migrations that a restore runs',
  zone_journal:
    'the way from one serial to the next: a restored zone has a serial of its own, and every secondary gets it in full once',
  periodic_jobs: 'when a job was last done: the first server to start does each at once',
  dns_servers: 'the servers that run: each enters itself when it starts',
  dashboard_sessions: 'operators sign in again: nobody gets back in by a session out of an old file',
  acme_server_used_nonces: 'nonces live for minutes, under a key that the process makes when it starts',
};

/** Tables that have rows as soon as the migrations have run; they do not make a database one that is in use. */
export const SEEDED_TABLES: ReadonlySet<string> = new Set(['zone_peers_revision', 'event_cursors']);

/**
 * Columns that hold what a SecretBox has sealed, by their name alone: a backup carries the content opened (the file is
 * encrypted as a whole), and a restore seals it with the key of the new place.
 */
export function isSealedColumn(column: string): boolean {
  return /(^|_)sealed(_|$)/.test(column);
}
