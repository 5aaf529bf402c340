import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';

import { freePort } from '../../support/free-port.js';
import { BENCH_ZONE, deviceName } from './bench-zone.js';
import type { DnsTarget } from './dns-target.js';
import { endProgram, runProgram, waitForAnswer } from './run-program.js';

const SCHEMA = '/usr/share/pdns-backend-pgsql/schema/schema.pgsql.sql';
export const POWERDNS_API_KEY = 'bench';

export interface PowerDns extends DnsTarget {
  /** Of the zone, in its HTTP API. */
  readonly zoneUrl: string;
}

/**
 * Its caches: as they are by default; without those of packets and of the database's answers; or without those of
 * zones, metadata and keys, too.
 */
export type PowerDnsCaches = 'default' | 'no answers' | 'none';

const CACHE_SETTINGS: Record<PowerDnsCaches, string> = {
  default: '',
  'no answers': 'cache-ttl=0\nquery-cache-ttl=0\nnegquery-cache-ttl=0\n',
  none: 'cache-ttl=0\nquery-cache-ttl=0\nnegquery-cache-ttl=0\nzone-cache-refresh-interval=0\nzone-metadata-cache-ttl=0\ndnssec-key-cache-ttl=0\n',
};

/** PowerDNS on a database that its zone was put into by `fillPowerDns`. */
export async function startPowerDns(databaseUrl: string, caches: PowerDnsCaches): Promise<PowerDns> {
  const directory = await mkdtemp(join(tmpdir(), 'fleetcert-powerdns-'));
  const [port, apiPort] = [await freePort(), await freePort()];
  const { hostname, port: databasePort, username, password, pathname } = new URL(databaseUrl);
  await writeFile(
    join(directory, 'pdns.conf'),
    `launch=gpgsql
gpgsql-host=${decodeURIComponent(hostname)}
gpgsql-port=${databasePort}
gpgsql-user=${username}
gpgsql-password=${password}
gpgsql-dbname=${pathname.slice(1)}
local-address=127.0.0.1
local-port=${port}
socket-dir=${directory}
daemon=no
guardian=no
loglevel=3
receiver-threads=1
webserver=yes
webserver-address=127.0.0.1
webserver-port=${apiPort}
webserver-loglevel=none
api=yes
api-key=${POWERDNS_API_KEY}
${CACHE_SETTINGS[caches]}`,
  );
  const child = runProgram('pdns_server', [`--config-dir=${directory}`]);
  const stop = async (): Promise<void> => {
    await endProgram(child);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await waitForAnswer(port, deviceName(0), child);
  } catch (error) {
    await stop();
    throw error;
  }
  const zoneUrl = `http://127.0.0.1:${apiPort}/api/v1/servers/localhost/zones/${BENCH_ZONE}.`;
  return { port, pids: [child.pid!], zoneUrl, stop };
}

/** PowerDNS' own schema, and our zone in it. */
export async function fillPowerDns(databaseUrl: string, names: number): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(await readFile(SCHEMA, 'utf8'));
    await client.query(`INSERT INTO domains (name, type) VALUES ($1, 'NATIVE')`, [BENCH_ZONE]);
    await client.query(
      `INSERT INTO records (domain_id, name, type, content, ttl, auth)
         SELECT id, name, 'SOA', 'ns1.' || name || ' hostmaster.' || name || ' 1 900 300 1209600 60', 3600, true FROM domains
         UNION ALL SELECT id, name, 'NS', 'ns1.' || name, 3600, true FROM domains
         UNION ALL SELECT id, 'ns1.' || name, 'A', '127.0.0.1', 3600, true FROM domains
         UNION ALL SELECT d.id, 'device' || lpad(n::text, 14, '0') || '.' || d.name, 'A',
             '10.' || (n >> 16 & 255) || '.' || (n >> 8 & 255) || '.' || (n & 255), 60, true
           FROM domains d, generate_series(0, $1::integer - 1) n`,
      [names],
    );
    await client.query('ANALYZE');
  } finally {
    await client.end();
  }
}
