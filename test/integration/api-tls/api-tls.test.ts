import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { ApiAddress } from '../../../src/api-tls/api-address.js';
import { ApiCertificate } from '../../../src/api-tls/api-certificate.js';
import { ApiTlsStore } from '../../../src/api-tls/api-tls-store.js';
import { HttpsListener } from '../../../src/api-tls/https-listener.js';
import { Revocations } from '../../../src/issuer/revocation/revocations.js';
import { IssuerUpkeep } from '../../../src/issuer/upkeep/issuer-upkeep.js';
import { OrderWorker } from '../../../src/issuer/worker/order-worker.js';
import { APP_CONFIG, type AppConfig } from '../../../src/platform/config/app-config.js';
import { ADMIN_TOKEN, startApp, type TestApp } from '../../support/app.js';
import { describeOnEachDatabase, withDatabase, type TestDatabase } from '../../support/database.js';
import { signIn } from '../../support/dashboard.js';
import { freePort } from '../../support/free-port.js';
import { oneConnection, visit, type HttpsAnswer, type VisitOptions } from '../../support/https-visit.js';

const HOST = 'api.fleet.test';
const SECRET_KEY = Buffer.alloc(32, 7).toString('base64');
const PATIENCE = { timeout: 60_000, interval: 50 };

/** The whole server, with its HTTPS listener. */
class SecureApp {
  private constructor(
    readonly server: TestApp,
    readonly port: number,
    /** What it says at its start. */
    readonly introduction: string,
  ) {}

  static async start(database: TestDatabase, environment: Record<string, string> = {}): Promise<SecureApp> {
    const port = await freePort();
    const server = await startApp(database.url, {
      FLEETCERT_HTTPS_LISTEN: `127.0.0.1:${port}`,
      FLEETCERT_PUBLIC_URL: `https://${HOST}:${port}`,
      FLEETCERT_SECRET_KEY: SECRET_KEY,
      ...environment,
    });
    try {
      const lines = await server.app.get(HttpsListener).listen(server.app.getHttpAdapter().getInstance());
      return new SecureApp(server, port, lines.join('\n'));
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get certificate(): ApiCertificate {
    return this.server.app.get(ApiCertificate);
  }

  get roots(): string {
    return readFileSync(join(this.server.dataDirectory, 'sandbox-ca', 'ca-root.pem'), 'utf8');
  }

  visit(path = '/health/live', options: VisitOptions = {}): Promise<HttpsAnswer> {
    return visit(this.port, HOST, { path, ca: this.roots, ...options });
  }

  /** Resolves when another certificate than this one is presented, and verifies. */
  next(than: string | undefined, meanwhile?: () => Promise<void>): Promise<HttpsAnswer> {
    return vi.waitFor(async () => {
      await this.certificate.round();
      await meanwhile?.();
      const answer = await this.visit();
      expect(answer).toMatchObject({ status: 200, isTrusted: true });
      expect(answer.serial).not.toBe(than);
      return answer;
    }, PATIENCE);
  }
}

const ordersOf = async (database: TestDatabase): Promise<{ status: string; replaces: string | null }[]> =>
  database.dataSource.query(
    `SELECT o.status, o.replaces FROM issuance_orders o JOIN devices d ON d.id = o.device_id
      WHERE d.kind = 'server' ORDER BY o.created_at`,
  );
const makeDue = (database: TestDatabase): Promise<unknown> =>
  database.dataSource.query(`UPDATE certificates SET renew_at = now() - interval '1 minute'`);

describeOnEachDatabase('TLS of the API', (database) => {
  let first: SecureApp;
  let issued: HttpsAnswer;

  beforeAll(async () => {
    first = await SecureApp.start(database);
    issued = await first.next(undefined);
  });
  afterAll(() => first.server.stop());

  it('is by a certificate of its own, got like any other', async () => {
    expect(await ordersOf(database)).toEqual([{ status: 'issued', replaces: null }]);
    const { body } = await first.server.admin.get('/v1/devices').expect(200);
    expect(body.items).toEqual([
      expect.objectContaining({ name: HOST, group: 'servers', certificateHealth: 'ok', state: 'active' }),
    ]);
    const { body: events } = await first.server.admin.get('/v1/events?type=certificate.issued').expect(200);
    expect(events.items).toEqual([expect.objectContaining({ subject: expect.objectContaining({ name: HOST }) })]);
  });

  it('tells browsers to stay with it, on HTTPS only, and keeps cookies to it', async () => {
    expect(issued.headers['strict-transport-security']).toMatch(/^max-age=\d+$/);
    const plain = await first.server.anyone.get('/health/live').expect(200);
    expect(plain.headers['strict-transport-security']).toBeUndefined();
    const credential = new URLSearchParams({ credential: ADMIN_TOKEN }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const signedIn = await first.visit('/sign-in', { method: 'POST', headers, body: credential });
    expect(signedIn.headers['set-cookie']?.[0]).toMatch(/fleetcert_session=.*; Secure/);
    const overPlain = await first.server.anyone.post('/sign-in').set(headers).send(credential);
    expect(overPlain.headers['set-cookie']?.[0]).not.toContain('Secure');
  });

  it('takes TLS 1.2 and 1.3, and nothing older', async () => {
    const by = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<HttpsAnswer> =>
      first.visit('/health/live', { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' });
    expect((await by('TLSv1.2')).protocol).toBe('TLSv1.2');
    expect((await by('TLSv1.3')).protocol).toBe('TLSv1.3');
    await expect(by('TLSv1.1')).rejects.toThrow(/protocol version|handshake|ECONNRESET/i);
  });

  it('says the same certificate to a client that names nobody, or somebody else', async () => {
    const serialFor = (servername: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port: first.port, servername, rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate().serialNumber.toLowerCase().replace(/^0+/, ''));
          socket.destroy();
        });
        socket.once('error', reject);
      });
    expect([await serialFor(''), await serialFor('else.example')]).toEqual([issued.serial, issued.serial]);
  });

  it("is pinned by the dashboard's line, because devices know no root of the sandbox's CA", async () => {
    const operator = await signIn(first.server);
    const { text } = await operator.submit('/enrollment', { note: 'rack 7' }).expect(200);
    const { pin } = first.certificate.presented!;
    const line = text.replaceAll('&#39;', "'").replaceAll('&#x27;', "'");
    expect(line).toContain(`curl -fsSk --pinnedpubkey '${pin}' https://${HOST}:${first.port}/agent | sh -s -- enroll`);
    expect(line).toContain(`--pin '${pin}' --key fck_`);
  });

  it('serves the roots with an ETag, and the pin of its key where the client can see the key', async () => {
    const secure = await first.visit('/roots.pem');
    expect(secure.headers).toMatchObject({
      'content-type': expect.stringContaining('application/x-pem-file'),
      'cache-control': 'public, max-age=86400',
      'fleetcert-key-pin': first.certificate.presented!.pin,
    });
    expect(secure.body).toContain(first.roots.trim());
    expect(secure.body.match(/BEGIN CERTIFICATE/g)!.length).toBeGreaterThan(100);
    const again = await first.visit('/roots.pem', { headers: { 'if-none-match': secure.headers.etag! } });
    expect(again).toMatchObject({ status: 304, body: '' });
    const plain = await first.server.anyone.get('/roots.pem').expect(200);
    expect(plain.headers['fleetcert-key-pin']).toBeUndefined();
    expect(plain.headers['etag']).toBe(secure.headers.etag);
  });

  it('has its addresses from operators, which devices do not, and asks for them while there are none', async () => {
    expect(first.introduction).toContain(
      'api.fleet.test has no address in the zone yet, so devices do not find it: PUT /v1/zones/fleet.test/records {"name": "api",',
    );
    const record = (name: string): object => ({ name, type: 'A', ttl: 60, values: ['127.0.0.1'] });
    await first.server.admin.put('/v1/zones/fleet.test/records').send(record('api')).expect(200);
    const device = await first.server.enroll();
    const { body } = await first.server.admin
      .put('/v1/zones/fleet.test/records')
      .send(record(device.name.split('.')[0]!))
      .expect(422);
    expect(body.type).toBe('urn:fleetcert:problem:record_rejected');
    expect(first.server.app.get(ApiAddress).hint(first.certificate.apiName)).toBeUndefined();
  });

  it('is not reached by what is done to many devices', async () => {
    const device = await first.server.enroll();
    const bulk = { action: 'suspend', filter: { q: 'fleet.test' }, dryRun: true };
    const { body } = await first.server.admin.post('/v1/devices/bulk').send(bulk).expect(200);
    const names = (body as { sample: { name: string }[] }).sample.map(({ name }) => name);
    expect(names).toContain(device.name);
    expect(names).not.toContain(HOST);
  });

  it('is renewed without a restart: open connections go on, new ones see the new certificate for the same key', async () => {
    const agent = oneConnection();
    const before = await first.visit('/health/live', { agent });
    const { pin } = first.certificate.presented!;
    await makeDue(database);
    const onTheOldConnection = async (): Promise<void> => {
      expect(await first.visit('/health/live', { agent })).toMatchObject({ status: 200, serial: before.serial });
    };
    const after = await first.next(before.serial, onTheOldConnection);
    await onTheOldConnection();
    agent.destroy();
    expect(after.serial).not.toBe(before.serial);
    expect(first.certificate.presented!.pin).toBe(pin);
    expect(await ordersOf(database)).toEqual([
      { status: 'issued', replaces: null },
      { status: 'issued', replaces: expect.stringContaining('.') },
    ]);
  });

  it('is shared by the servers of one database: one key, one order, one renewal', async () => {
    const caPort = new URL(first.server.app.get<AppConfig>(APP_CONFIG).acme.directoryUrl).port;
    const second = await SecureApp.start(database, {
      FLEETCERT_PUBLIC_URL: `https://${HOST}:${first.port}`,
      FLEETCERT_ACME_DIRECTORY: `https://127.0.0.1:${caPort}/directory`,
      FLEETCERT_ACME_CA_FILE: join(first.server.dataDirectory, 'sandbox-ca', 'ca-tls-root.pem'),
      FLEETCERT_ZONES: 'fleet.test',
      FLEETCERT_NAMESERVERS: 'ns1.fleet.test=127.0.0.1',
    });
    try {
      // The CA asks the first server's DNS: that one shall do the work.
      await second.server.app.get(OrderWorker).onModuleDestroy();
      const visitSecond = (): Promise<HttpsAnswer> => visit(second.port, HOST, { path: '/health/live' });
      const before = await first.visit();
      expect((await visitSecond()).serial).toBe(before.serial);
      expect(second.certificate.presented!.pin).toBe(first.certificate.presented!.pin);
      const orders = (await ordersOf(database)).length;
      await makeDue(database);
      const after = await first.next(before.serial);
      await second.certificate.round();
      expect((await visitSecond()).serial).toBe(after.serial);
      expect(await ordersOf(database)).toHaveLength(orders + 1);
    } finally {
      await second.server.stop();
    }
  });

  it('gets a new key when an operator removes its entry, and the certificate for the old one is revoked', async () => {
    const before = await first.visit();
    const { pin } = first.certificate.presented!;
    const { body } = await first.server.admin.get('/v1/devices?q=api.fleet.test').expect(200);
    const { deviceId } = body.items[0];
    await first.server.admin.delete(`/v1/devices/${deviceId}?revoke=true`).expect(204);
    const after = await first.next(before.serial);
    expect(after.serial).not.toBe(before.serial);
    expect(first.certificate.presented!.pin).not.toBe(pin);
    await first.server.app.get(IssuerUpkeep).round();
    const rows: { serial: string; revoked: boolean }[] = await database.dataSource.query(
      `SELECT ltrim(serial, '0') AS serial, revoked_at IS NOT NULL AS revoked FROM certificates WHERE device_id = $1 ORDER BY created_at DESC LIMIT 2`,
      [deviceId],
    );
    expect(rows).toEqual([
      { serial: after.serial, revoked: false },
      { serial: before.serial, revoked: true },
    ]);
    await first.server.admin.get(`/v1/devices/${deviceId}`).expect(200);
  });

  it('gets a new key when the old one was reported compromised', async () => {
    const before = await first.visit();
    const { pin } = first.certificate.presented!;
    const { body } = await first.server.admin.get('/v1/devices?q=api.fleet.test').expect(200);
    await first.server.app.get(Revocations).revokeNewest(body.items[0].deviceId, 'keyCompromise');
    await first.next(before.serial);
    expect(first.certificate.presented!.pin).not.toBe(pin);
  });

  it('is not renewed again and again when the CA wants each certificate renewed at once', async () => {
    const store = first.server.app.get(ApiTlsStore);
    const since = new Date(Date.now() - 3_600_000);
    const { body } = await first.server.admin.get('/v1/devices?q=api.fleet.test').expect(200);
    expect(await store.certificatesSince(body.items[0].deviceId, since)).toBeGreaterThanOrEqual(5);
    const counted = vi.spyOn(store, 'certificatesSince').mockResolvedValue(10);
    const orders = (await ordersOf(database)).length;
    await makeDue(database);
    await first.certificate.round();
    expect(counted).toHaveBeenCalled();
    expect(await ordersOf(database)).toHaveLength(orders);
    counted.mockRestore();
    await first.certificate.round();
    expect(await ordersOf(database)).toHaveLength(orders + 1);
  });

  it('says in one sentence why it cannot listen', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    await expect(SecureApp.start(database, { FLEETCERT_HTTPS_LISTEN: `127.0.0.1:${port}` })).rejects.toThrow(
      `FLEETCERT_HTTPS_LISTEN: cannot listen on 127.0.0.1:${port}: another program listens there.`,
    );
    taken.close();
  });

  it("does not take a device's name or alias, nor a device the API's", async () => {
    const device = await first.server.enroll();
    await expect(SecureApp.start(database, { FLEETCERT_PUBLIC_URL: `https://${device.name}` })).rejects.toThrow(
      `${device.name} of FLEETCERT_PUBLIC_URL is a device's name: give the API another one.`,
    );
    const alias = (label: string): Promise<{ status: number; body: { detail: string } }> =>
      first.server.admin.patch(`/v1/devices/${device.deviceId}`).send({ aliases: [label] });
    expect((await alias('nas')).status).toBe(200);
    await expect(SecureApp.start(database, { FLEETCERT_PUBLIC_URL: 'https://nas.fleet.test' })).rejects.toThrow(
      "nas.fleet.test of FLEETCERT_PUBLIC_URL is a device's name: give the API another one.",
    );
    expect((await alias('api')).body.detail).toContain(HOST);
  });
});

describe('TLS of an API whose name is in no zone', () => {
  const database = withDatabase();

  it.each([
    ['https://devices.example.com', 'devices.example.com'],
    ['http://127.0.0.1:8080', '127.0.0.1'],
  ])('(%s) is by one self-signed certificate, which survives restarts, and nothing is ordered', async (url, host) => {
    const seen: HttpsAnswer[] = [];
    const pins: string[] = [];
    let introduction = '';
    for (let start = 0; start < 2; start++) {
      const secure = await SecureApp.start(database, { FLEETCERT_PUBLIC_URL: url });
      await secure.certificate.round();
      expect(secure.introduction).toContain(`no certificate can be had for ${host}`);
      seen.push(await secure.visit('/roots.pem', { servername: host === '127.0.0.1' ? '' : host }));
      pins.push(secure.certificate.presented!.pin);
      introduction = secure.introduction;
      await secure.server.stop();
    }
    expect(introduction).toContain(`its SHA-256 fingerprint: ${seen[0]!.fingerprint}`);
    expect(introduction).toMatch(/enroll --server https:\S+ --pin sha256\/\/[\w+/]{43}=$/);
    expect(seen[1]!.fingerprint).toBe(seen[0]!.fingerprint);
    expect(seen[0]).toMatchObject({ status: 200, isTrusted: false });
    // A browser that was told to stay with HTTPS could not get past the warning any more.
    expect(seen[0]!.headers['strict-transport-security']).toBeUndefined();
    expect(seen.map(({ headers }) => headers['fleetcert-key-pin'])).toEqual(pins);
    expect(await ordersOf(database)).toEqual([]);
  });
});

describe('an API that has got another name', () => {
  const database = withDatabase();
  const started = (host: string): Promise<SecureApp> =>
    SecureApp.start(database, { FLEETCERT_PUBLIC_URL: `https://${host}` });
  const namesOf = async ({ server }: SecureApp): Promise<string[]> => {
    const { body } = await server.admin.get('/v1/devices').expect(200);
    return (body as { items: { name: string }[] }).items.map(({ name }) => name).toSorted();
  };

  it('forgets the former one after a day without it, and has its key back with the name', async () => {
    const before = await started(HOST);
    const { pin } = before.certificate.presented!;
    await before.server.stop();

    const other = await started('other.fleet.test');
    expect(await namesOf(other)).toEqual([HOST, 'other.fleet.test']);
    await database.dataSource.query(
      `UPDATE devices SET last_seen_at = now() - interval '25 hours', enrolled_at = now() - interval '25 hours' WHERE name = $1`,
      [HOST],
    );
    await other.certificate.retireOthers();
    expect(await namesOf(other)).toEqual(['other.fleet.test']);
    expect(other.certificate.presented!.pin).not.toBe(pin);
    await other.server.stop();

    const again = await started(HOST);
    expect(again.certificate.presented!.pin).toBe(pin);
    expect(await namesOf(again)).toEqual([HOST, 'other.fleet.test']);
    await again.server.stop();
  });
});
