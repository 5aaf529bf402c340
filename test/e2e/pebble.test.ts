import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { createDatabase, type OpenDatabase } from '../support/database.js';
import { freePort } from '../support/free-port.js';
import { startPebble, type Pebble } from '../support/pebble.js';
import { describeWithPeers } from '../support/peers.js';
import { startServer, type ServerProcess } from '../support/server-process.js';

const run = promisify(execFile);
const AGENT = fileURLToPath(new URL('../../agent/fleetcert-agent', import.meta.url));

describeWithPeers(
  ['pebble', 'postgres', 'curl', 'openssl'],
  'from enrollment to verified HTTPS, with Pebble and PostgreSQL',
  () => {
    let database: OpenDatabase;
    let pebble: Pebble;
    let server: ServerProcess;
    let device: Server;
    let state: string;

    beforeAll(async () => {
      database = await createDatabase({ server: 'installed' });
      const dnsPort = await freePort();
      // As strict as it comes: -strict, and its own default of rejected nonces.
      pebble = await startPebble({ dnsServer: `127.0.0.1:${dnsPort}` });
      state = await mkdtemp(join(tmpdir(), 'fleetcert-device-'));
      server = await startServer({
        dnsPort,
        environment: {
          DATABASE_URL: database.url,
          FLEETCERT_SECRET_KEY: randomBytes(32).toString('base64'),
          FLEETCERT_ZONES: 'd.example.com',
          FLEETCERT_NAMESERVERS: 'ns1.d.example.com=192.0.2.53',
          FLEETCERT_ACME_DIRECTORY: pebble.directoryUrl,
          FLEETCERT_ACME_CA_FILE: pebble.caFile,
          FLEETCERT_ACME_CONTACT: 'ops@example.com',
          FLEETCERT_ADDRESS_POLICY: '127.0.0.0/8',
        },
      });
    });
    afterAll(async () => {
      device?.close();
      await server?.stop();
      await pebble?.stop();
      await database?.drop();
      if (state) await rm(state, { recursive: true, force: true });
    });

    it('gives the agent a certificate that a stranger verifies over HTTPS', async () => {
      const key = await server.enrollmentKey();
      await run('/bin/sh', [AGENT, 'enroll', '--server', server.url, '--address', '127.0.0.1', '--state', state], {
        env: { PATH: process.env['PATH'], FLEETCERT_ENROLLMENT_KEY: key },
        timeout: 60_000,
      });
      const name = ((await server.api('GET', '/v1/devices')).body['items'] as { name: string }[])[0]!.name;
      expect(name).toMatch(/\.d\.example\.com$/);

      const live = (file: string): string => join(state, 'live', file);
      expect((await stat(live('privkey.pem'))).mode & 0o777).toBe(0o600);
      const pair = { key: await readFile(live('privkey.pem')), cert: await readFile(live('fullchain.pem')) };
      device = createServer(pair, (_request, response) => response.end('hello'));
      await new Promise<void>((resolve) => device.listen(0, '127.0.0.1', resolve));
      const { port } = device.address() as AddressInfo;
      const root = join(state, 'pebble-root.pem');
      await writeFile(root, await pebble.rootPem());
      const visit = ['-sS', '--cacert', root, '--resolve', `${name}:${port}:127.0.0.1`, `https://${name}:${port}/`];
      expect((await run('curl', visit)).stdout).toBe('hello');
    });

    it('withdraws the challenge and keeps the key where it was made', async () => {
      const rows: { n: string }[] = await database.dataSource.query(
        `SELECT count(*) AS n FROM rrsets WHERE name LIKE '_acme-challenge.%'`,
      );
      expect(rows[0]!.n).toBe('0');
      const dump: { row: string }[] = await database.dataSource.query(`SELECT c::text AS row FROM certificates c`);
      expect(JSON.stringify(dump)).not.toContain('PRIVATE KEY');
    });
  },
);
