import { BENCH_ZONE } from './bench-zone.js';
import { fillDevices, onDatabase } from './bench-database.js';

/** Devices, and an order of each that waits, in so many groups; in a database that is migrated and has no server. */
export async function fillWaitingOrders(url: string, count: number, groups: number): Promise<void> {
  await fillDevices(url, count);
  await onDatabase(url, async (client) => {
    await client.query(`UPDATE devices SET group_name = 'group ' || (abs(hashtext(label)) % $1)`, [groups]);
    await client.query(
      `INSERT INTO issuance_orders (id, device_id, csr_der, csr_sha256, spki_sha256, names, status, step, step_at, queued_at,
                                    next_attempt_at, created_at, updated_at, registered_domains, exact_set)
         SELECT gen_random_uuid(), id, '\\x00', id::text, id::text, ARRAY[name], 'queued', 'queued', now(), now(), now(), now(), now(),
                ARRAY[$1], encode(sha256(name::bytea), 'hex')
           FROM devices`,
      [BENCH_ZONE.split('.').slice(-2).join('.')],
    );
    await client.query('ANALYZE issuance_orders, devices');
  });
}
