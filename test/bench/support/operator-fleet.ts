import { onDatabase } from './bench-database.js';
import { BENCH_ZONE } from './bench-zone.js';

export interface OperatorFleet {
  readonly devices: number;
  readonly orders: number;
  readonly events: number;
  readonly auditEntries: number;
}

/**
 * A fleet as operators look at it, in a database that a server has migrated: 70 % of the devices have a certificate (of
 * these 1 % expired, 2 % at risk, 8 % to be renewed, 3 % with a failed renewal), the others wait for their first one.
 * Times are the database's, and so is chance: a fixed seed.
 */
export function fillOperatorFleet(url: string, devices: number, ca: string): Promise<OperatorFleet> {
  return onDatabase(url, async (client) => {
    await client.query(`SELECT setseed(0.42)`);
    await client.query(
      `INSERT INTO devices (id, label, zone, name, state, hardware_id, addresses, group_name, note, enrolled_at, last_seen_at)
       SELECT gen_random_uuid(), label, $2, label || '.' || $2, CASE WHEN n % 50 = 7 THEN 'suspended' ELSE 'active' END,
              'SN-' || upper(substr(md5(n::text), 1, 10)),
              ARRAY['10.' || (n >> 16 & 255) || '.' || (n >> 8 & 255) || '.' || (n & 255)], 'site-' || n % 400,
              CASE WHEN n % 4 = 0 THEN 'rack ' || n % 60 || ', installed by crew ' || n % 11 END,
              now() - (100000 - n) * interval '1 minute', now() - random() * random() * interval '60 days'
         FROM (SELECT n, translate(substr(md5('label' || n), 1, 16), '01', 'xy') AS label FROM generate_series(0, $1::integer - 1) n) numbered`,
      [devices, BENCH_ZONE],
    );
    await client.query(
      `INSERT INTO acme_accounts (id, directory_url, key_sealed, key_spki_sha256, created_at)
       VALUES (gen_random_uuid(), 'https://ca.bench.test/directory', 'sealed', 'bench', now())`,
    );
    // A chain of 2 KiB, a CSR of half of that: the lists must not be slow because of what they do not show.
    await client.query(
      `WITH numbered AS (SELECT id, name, row_number() OVER (ORDER BY enrolled_at) AS n FROM devices),
       ordered AS (
         INSERT INTO issuance_orders (id, device_id, csr_der, csr_sha256, spki_sha256, names, status, step, step_at, queued_at,
                                      next_attempt_at, created_at, updated_at, ended_at, history, registered_domains, exact_set)
         SELECT gen_random_uuid(), id, decode(repeat(md5(name), 28), 'hex'), md5(name), md5(name), ARRAY[name], 'issued', 'certificate-stored',
                at, at, at, at, at, at, jsonb_build_array(jsonb_build_object('at', at, 'step', 'queued'), jsonb_build_object('at', at, 'step', 'certificate-stored')),
                ARRAY[$1], name
           FROM (SELECT *, now() - n % 80 * interval '1 day' - interval '6 hours' AS at FROM numbered WHERE n % 10 < 7) given
         RETURNING id, device_id, created_at, names)
       INSERT INTO certificates (id, device_id, order_id, account_id, pem, serial, sha256, spki_sha256, names, not_before, not_after, renew_at, created_at)
       SELECT gen_random_uuid(), device_id, id, (SELECT a.id FROM acme_accounts a WHERE a.key_spki_sha256 = 'bench'), repeat(md5(id::text), 64), md5(id::text), md5(id::text), md5(id::text),
              names, ends - interval '90 days', ends, ends - interval '30 days', created_at
         FROM (SELECT *, now() + CASE WHEN r < 0.01 THEN -1 WHEN r < 0.03 THEN 10 WHEN r < 0.11 THEN 25 ELSE 31 + r * 50 END * interval '1 day' AS ends
                 FROM (SELECT *, random() AS r FROM ordered) rolled) timed`,
      [BENCH_ZONE],
    );
    const queue = `
      INSERT INTO issuance_orders (id, device_id, csr_der, csr_sha256, spki_sha256, names, status, reason_code, reason, step, step_at, queued_at,
                                   next_attempt_at, created_at, updated_at, ended_at, registered_domains, exact_set, failures)
      SELECT gen_random_uuid(), id, decode(repeat(md5(name), 28), 'hex'), md5(name || 'x'), md5(name || 'x'), ARRAY[name], `;
    await client.query(
      `${queue} 'failed', 'validation_failed', 'The CA could not validate ' || name, 'failed', now(), now(), now(), now() - random() * interval '5 hours', now(), now(), ARRAY[$1], name, 1
         FROM (SELECT *, row_number() OVER (ORDER BY enrolled_at) AS n FROM devices) d WHERE n % 10 < 7 AND n % 33 = 0`,
      [BENCH_ZONE],
    );
    await client.query(
      `${queue} CASE WHEN n % 30 = 8 THEN 'deferred' ELSE 'queued' END, CASE WHEN n % 30 = 8 THEN 'rate_limited' END,
              CASE WHEN n % 30 = 8 THEN 'The CA asks to come back later.' END, 'queued', now(), enrolled_at, now() + CASE WHEN n % 30 = 8 THEN interval '1 day' ELSE interval '0' END,
              enrolled_at, now(), NULL, ARRAY[$1], name, 0
         FROM (SELECT *, row_number() OVER (ORDER BY enrolled_at) AS n FROM devices) d WHERE n % 10 >= 7 AND state = 'active'`,
      [BENCH_ZONE],
    );
    await client.query(
      `INSERT INTO events (type, severity, subject_kind, subject_id, subject_name, message, data, created_at)
       SELECT CASE n % 50 WHEN 0 THEN 'order.failed' WHEN 1 THEN 'certificate.at_risk' WHEN 2 THEN 'device.enrolled' ELSE 'certificate.issued' END,
              CASE n % 50 WHEN 0 THEN 'warning' WHEN 1 THEN 'critical' ELSE 'info' END, 'device', d.id::text, d.name, d.name || ' has a new certificate.',
              jsonb_build_object('serial', md5(n::text)), now() - (200000 - n) * interval '30 seconds'
         FROM generate_series(1, 200000) n JOIN (SELECT id, name, row_number() OVER () AS row FROM devices) d ON d.row = n % $1::integer + 1 ORDER BY n`,
      [devices],
    );
    await client.query(
      `INSERT INTO audit_log (at, operator_id, role, action, target, details, client_address, request_id, status, outcome)
       SELECT now() - (100000 - n) * interval '1 minute', CASE WHEN n % 1000 = 0 THEN 'rare' ELSE 'operator-' || n % 7 END, 'operator', 'PATCH /v1/devices/:id', md5(n::text),
              '{"note": "moved"}', '192.0.2.7', md5(n::text), 200, 'done' FROM generate_series(1, 100000) n`,
    );
    // The CA's weekly limit is used up, so that what waits goes on waiting.
    await client.query(
      `INSERT INTO issuance_buckets (ca, key, tat) VALUES ($1, 'certificates-per-domain:' || $2, (extract(epoch FROM now()) + 30 * 86400) * 1000)
       ON CONFLICT (ca, key) DO UPDATE SET tat = excluded.tat`,
      [ca, BENCH_ZONE],
    );
    await client.query('ANALYZE');
    const { rows } = await client.query<{ orders: number; events: number; audit: number }>(
      `SELECT (SELECT count(*)::int FROM issuance_orders) AS orders, (SELECT count(*)::int FROM events) AS events, (SELECT count(*)::int FROM audit_log) AS audit`,
    );
    return { devices, orders: rows[0]!.orders, events: rows[0]!.events, auditEntries: rows[0]!.audit };
  });
}
