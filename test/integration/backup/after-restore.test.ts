import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { SandboxCa, type RunningSandboxCa } from '../../../src/acme-server/sandbox/sandbox-ca.js';
import { MemoryAcmeStore } from '../../../src/acme-server/store/memory/memory-acme-store.js';
import { isSerialAfter } from '../../../src/ddns/domain/serial.js';
import { IssuerUpkeep } from '../../../src/issuer/upkeep/issuer-upkeep.js';
import { SystemClock } from '../../../src/kernel/clock.js';
import { BackupReader } from '../../../src/operators/backup/backup-reader.js';
import { restoreBackup } from '../../../src/operators/backup/restore-backup.js';
import { writeBackup } from '../../../src/operators/backup/write-backup.js';
import { SecretBox } from '../../../src/platform/security/secret-box.js';
import { ADMIN_TOKEN, startApp, type EnrolledTestDevice, type TestApp } from '../../support/app.js';
import { createDatabase, type OpenDatabase } from '../../support/database.js';
import { freePort } from '../../support/free-port.js';
import { describeWithPeers } from '../../support/peers.js';
import { dig, recordsOf } from '../ddns-transfer-run.js';
import { obtainCertificate, QUICK, SILENT } from './support.js';

const PASSPHRASE = 'a passphrase';

interface Transfer {
  readonly serial: number;
  readonly records: readonly string[];
}

/** One certificate a week: what is not a renewal by `replaces` has to wait. */
const ONE_A_WEEK = { burst: 1, count: 1, periodSeconds: 7 * 86_400 };
const OUR_LIMITS = ['new-orders', 'certificates-per-domain', 'certificates-per-exact-set'];

describeWithPeers(['dig'], 'a fleet that was lost and restored on another machine, under another secret key', () => {
  let directory: string;
  let ca: SandboxCa;
  let running: RunningSandboxCa;
  let dnsPort: number;
  let before: OpenDatabase;
  let after: OpenDatabase;
  let server: TestApp;
  let device: EnrolledTestDevice;
  let tsig: string;
  let seen: Transfer;

  const environment = (key: Buffer): Record<string, string> => ({
    FLEETCERT_ACME_DIRECTORY: running.directoryUrl,
    FLEETCERT_ACME_CA_FILE: running.files.tlsRoot,
    FLEETCERT_ACME_LIMITS: join(directory, 'limits.json'),
    FLEETCERT_ZONES: 'fleet.test',
    FLEETCERT_NAMESERVERS: 'ns1.fleet.test=127.0.0.1',
    FLEETCERT_DNS_LISTEN: `127.0.0.1:${dnsPort}`,
    FLEETCERT_ADMIN_TOKEN: ADMIN_TOKEN,
    FLEETCERT_SECRET_KEY: key.toString('base64'),
  });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fleetcert-restored-'));
    dnsPort = await freePort();
    ca = new SandboxCa(new MemoryAcmeStore(), new SystemClock(), { info: () => undefined, error: () => undefined });
    running = await ca.start({
      listen: { address: '127.0.0.1', port: 0 },
      dataDirectory: directory,
      dnsAddress: { address: '127.0.0.1', port: dnsPort },
      zones: ['fleet.test'],
      options: {
        limits: {
          certificatesPerDomain: ONE_A_WEEK,
          newOrdersPerAccount: ONE_A_WEEK,
          certificatesPerExactSet: ONE_A_WEEK,
        },
      },
    });
    const limits = OUR_LIMITS.map((name) => [name, { burst: 1, count: 1, period: '7d' }]);
    await writeFile(
      join(directory, 'limits.json'),
      JSON.stringify({ extends: 'letsencrypt', limits: Object.fromEntries(limits) }),
    );
    [before, after] = [await createDatabase(), await createDatabase({ migrated: false })];

    const key = randomBytes(32);
    server = await startApp(before.url, environment(key));
    device = await server.enroll({ addresses: ['10.1.1.4'] });
    await obtainCertificate(server, device);
    const made = await server.admin
      .post('/v1/zones/fleet.test/tsig-keys')
      .send({ name: 'ns2.example.com', algorithm: 'hmac-sha256', use: 'transfer' })
      .expect(201);
    tsig = `hmac-sha256:ns2.example.com:${made.body.secret}`;
    const file = join(directory, 'fleet.age');
    const now = new Date();
    const common = { passphrase: PASSPHRASE, now, workFactor: QUICK };
    await writeBackup({ url: before.url, output: file, secretBox: new SecretBox(key), ...common });

    // This is lost, and a secondary has seen it.
    await server
      .as(device.token)
      .put('/v1/device/addresses')
      .send({ addresses: ['10.9.9.9'] })
      .expect(200);
    seen = await transfer('AXFR');
    await server.stop();

    const otherKey = randomBytes(32);
    const reader = await BackupReader.open(file, PASSPHRASE);
    await restoreBackup({
      url: after.url,
      reader,
      secretBox: new SecretBox(otherKey),
      now: new Date(),
      logger: SILENT,
    });
    server = await startApp(after.url, environment(otherKey));
  });
  afterAll(async () => {
    await server?.stop();
    await ca?.stop();
    for (const database of [before, after]) await database?.drop();
    await rm(directory, { recursive: true });
  });

  async function transfer(query: string): Promise<Transfer> {
    const output = await dig(dnsPort, query, '-y', tsig, 'fleet.test');
    const soa = /SOA\s+\S+\s+\S+\s+(\d+)/.exec(output)?.[1];
    return { serial: Number(soa), records: recordsOf(output) };
  }

  it('serves what the backup held, under a serial that is after the last one that was seen', async () => {
    expect(seen.records.join('\n')).toContain('A 10.9.9.9');
    const restored = await transfer('AXFR');
    expect(isSerialAfter(restored.serial, seen.serial)).toBe(true);
    expect(restored.records.join('\n')).toContain(`${device.name}. 60 IN A 10.1.1.4`);
    expect(restored.records.join('\n')).not.toContain('10.9.9.9');
  });

  it('gives a secondary that asks for what has changed the whole zone, and from then on the changes', async () => {
    const full = await transfer(`IXFR=${seen.serial}`);
    expect(full).toEqual(await transfer('AXFR'));
    await server
      .as(device.token)
      .put('/v1/device/addresses')
      .send({ addresses: ['10.1.1.5'] })
      .expect(200);
    const changes = await transfer(`IXFR=${full.serial}`);
    expect(isSerialAfter(changes.serial, full.serial)).toBe(true);
    expect(changes.records.filter((record) => record.includes(' SOA ')).length).toBe(4);
  });

  it('lets the device in by its credential, with the certificate that it has', async () => {
    const { body } = await server.as(device.token).get('/v1/device').expect(200);
    expect(body).toMatchObject({ deviceId: device.deviceId, name: device.name, state: 'active' });
    expect(body.certificate).toMatchObject({ serial: expect.any(String) as string });
  });

  it('renews by `replaces`, with the account that it had: no limit holds it, and nothing is spent', async () => {
    const certificates: { ari_cert_id: string; serial: string }[] = await after.dataSource.query(
      'SELECT ari_cert_id, serial FROM certificates',
    );
    const minutes = (count: number): Date => new Date(Date.now() + count * 60_000);
    await ca.setRenewalWindow(certificates[0]!.ari_cert_id, { start: minutes(-20), end: minutes(600) });
    await after.dataSource.query('UPDATE certificates SET ari_poll_at = now()');
    await server.app.get(IssuerUpkeep).round();
    const buckets = `SELECT key, tat, reserved FROM issuance_buckets
      WHERE key LIKE 'new-orders:%' OR key LIKE 'certificates-per-domain:%' ORDER BY key`;
    const spent = await after.dataSource.query(buckets);
    expect(spent).toHaveLength(2);

    const orderId = await obtainCertificate(server, device);
    const orders = await after.dataSource.query('SELECT replaces, history FROM issuance_orders WHERE id = $1', [
      orderId,
    ]);
    expect(orders).toEqual([expect.objectContaining({ replaces: certificates[0]!.ari_cert_id })]);
    expect(await after.dataSource.query(buckets)).toEqual(spent);
    const accounts = await after.dataSource.query(
      'SELECT a.account_url FROM acme_accounts a JOIN certificates c ON c.account_id = a.id GROUP BY 1',
    );
    expect(accounts).toHaveLength(1);
  });
});
