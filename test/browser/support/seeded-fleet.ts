import type { DataSource } from 'typeorm';

/**
 * Adds `count` devices, as a fleet of a few months has them: nearly all with a certificate, of which some end soon or
 * have ended, some orders failed, some deferred to a later day. There has to be a CA account; `pem` is shown as every
 * certificate's chain.
 */
export async function seedFleet(dataSource: DataSource, count: number, pem: string): Promise<void> {
  await dataSource.query(
    `INSERT INTO devices (id, label, zone, name, state, hardware_id, addresses, group_name, note, enrolled_at, last_seen_at)
     SELECT gen_random_uuid(), 'seed' || i, 'fleet.test', 'seed' || lpad(i::text, 12, '0') || '.fleet.test',
            CASE WHEN i % 211 = 0 THEN 'suspended' ELSE 'active' END, 'SN-' || i,
            ARRAY['10.' || (i / 65536) % 256 || '.' || (i / 256) % 256 || '.' || i % 256],
            (ARRAY['north', 'south', 'lab'])[1 + i % 3], CASE WHEN i % 7 = 0 THEN 'rack ' || i / 40 END,
            now() - i * interval '2 minutes', now() - (i % 600) * interval '1 minute'
       FROM generate_series(1, $1::int) AS i`,
    [count],
  );
  await dataSource.query(
    `INSERT INTO issuance_orders (id, device_id, csr_der, csr_sha256, spki_sha256, names, status, reason_code, reason,
                                  step, step_at, failures, queued_at, next_attempt_at, account_id, created_at, updated_at, ended_at)
     SELECT gen_random_uuid(), d.id, '', '', d.id::text, ARRAY[d.name], state.status, state.code, state.reason, 'queued', now(), 0,
            now() - n * interval '1 second', now() + interval '2 days', (SELECT id FROM acme_accounts LIMIT 1),
            now() - n * interval '1 minute', now() - n * interval '1 minute',
            CASE WHEN state.status IN ('issued', 'failed') THEN now() END
       FROM (SELECT id, name, substr(label, 5)::int AS n FROM devices WHERE label LIKE 'seed%') AS d,
            LATERAL (SELECT CASE WHEN n % 97 = 0 THEN 'failed' WHEN n % 53 = 0 THEN 'deferred' ELSE 'issued' END AS status,
                            CASE WHEN n % 97 = 0 THEN 'validation_failed' WHEN n % 53 = 0 THEN 'rate_limited' END AS code,
                            CASE WHEN n % 97 = 0 THEN 'The CA could not validate the name: no TXT record was found.'
                                 WHEN n % 53 = 0 THEN 'The CA takes no more certificates for this domain at the moment.' END AS reason) AS state`,
  );
  await dataSource.query(
    `INSERT INTO certificates (id, device_id, order_id, account_id, pem, serial, sha256, spki_sha256, names, not_before,
                               not_after, renew_at, created_at)
     SELECT gen_random_uuid(), o.device_id, o.id, o.account_id, $1, '00', '', '', o.names,
            ends.at - interval '90 days', ends.at, ends.at - interval '30 days', o.created_at
       FROM issuance_orders o JOIN devices d ON d.id = o.device_id AND d.label LIKE 'seed%',
            LATERAL (SELECT now() + interval '1 day' *
                     (CASE WHEN substr(d.label, 5)::int % 101 = 0 THEN -2
                           ELSE 31 + (substr(d.label, 5)::int * 37) % 60 - 25 * (substr(d.label, 5)::int % 13 = 0)::int END) AS at) AS ends
      WHERE o.status <> 'deferred'`,
    [pem],
  );
  await dataSource.query('VACUUM ANALYZE devices, issuance_orders, certificates');
}
