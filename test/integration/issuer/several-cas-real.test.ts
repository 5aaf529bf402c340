import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { SandboxCa, type SandboxCaSettings } from '../../../src/acme-server/sandbox/sandbox-ca.js';
import { MemoryAcmeStore } from '../../../src/acme-server/store/memory/memory-acme-store.js';
import { CaOverview } from '../../../src/issuer/accounts/ca-overview.js';
import { IssuerUpkeep } from '../../../src/issuer/upkeep/issuer-upkeep.js';
import { SystemClock } from '../../../src/kernel/clock.js';
import { AlarmScan } from '../../../src/operators/alarms/alarm-scan.js';
import { startApp, type EnrolledTestDevice, type TestApp } from '../../support/app.js';
import { aCsr, toPem } from '../../support/csr-builder.js';
import { withDatabase } from '../../support/database.js';
import { freePort } from '../../support/free-port.js';

const ZONE = 'fleet.test';
const HMAC = Buffer.alloc(32, 3).toString('base64url');
const WAIT_MILLISECONDS = 60_000;

/** A sandbox CA that can be stopped and started again, at the same place and with what it has. */
class RestartableCa {
  readonly store = new MemoryAcmeStore();
  tlsRoot = '';
  #ca: SandboxCa | undefined;

  constructor(
    readonly port: number,
    private readonly directory: string,
    private readonly options: SandboxCaSettings,
  ) {}

  get directoryUrl(): string {
    return `https://127.0.0.1:${this.port}/directory`;
  }

  async start(dnsPort: number): Promise<void> {
    this.#ca = new SandboxCa(this.store, new SystemClock(), { info: () => undefined, error: () => undefined });
    const running = await this.#ca.start({
      listen: { address: '127.0.0.1', port: this.port },
      dataDirectory: this.directory,
      dnsAddress: { address: '127.0.0.1', port: dnsPort },
      zones: [ZONE],
      options: { ...this.options, dnsTiming: { udpMilliseconds: [300, 600], tcpMilliseconds: 1000 } },
    });
    this.tlsRoot = running.files.tlsRoot;
  }

  async stop(): Promise<void> {
    await this.#ca?.stop();
    this.#ca = undefined;
  }
}

describe('two sandbox CAs and a staging, over the real protocol', () => {
  const database = withDatabase();
  let directory: string;
  let dnsPort: number;
  let [first, second, staging]: RestartableCa[] = [];
  let server: TestApp;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fleetcert-several-cas-'));
    dnsPort = await freePort();
    const ca = async (name: string, options: SandboxCaSettings): Promise<RestartableCa> => {
      await mkdir(join(directory, name));
      return new RestartableCa(await freePort(), join(directory, name), options);
    };
    // A CA and its staging go by one name in CAA records, as Let's Encrypt's do.
    first = await ca('first', { caaIdentities: ['first.ca.test'] });
    staging = await ca('staging', { caaIdentities: ['first.ca.test'] });
    second = await ca('second', {
      caaIdentities: ['second.ca.test'],
      externalAccountRequired: true,
      externalAccounts: { 'kid-2': HMAC },
    });
    await Promise.all([first, second, staging].map((each) => each!.start(dnsPort)));
    await writeFile(join(directory, 'second.hmac'), HMAC);
    await writeFile(
      join(directory, 'cas.json'),
      JSON.stringify({
        fallbackAfter: '1s',
        first: {
          name: 'First',
          staging: { directory: staging!.directoryUrl, caFile: staging!.tlsRoot, limits: 'letsencrypt-staging' },
        },
        others: [
          {
            name: 'Second',
            directory: second!.directoryUrl,
            caFile: second!.tlsRoot,
            eab: { kid: 'kid-2', hmacKeyFile: 'second.hmac' },
            limits: 'letsencrypt',
          },
        ],
      }),
    );
    server = await startApp(database.url, {
      FLEETCERT_DNS_LISTEN: `127.0.0.1:${dnsPort}`,
      FLEETCERT_ZONES: ZONE,
      FLEETCERT_NAMESERVERS: `ns1.${ZONE}=127.0.0.1`,
      FLEETCERT_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      FLEETCERT_ACME_DIRECTORY: first!.directoryUrl,
      FLEETCERT_ACME_CA_FILE: first!.tlsRoot,
      FLEETCERT_ACME_LIMITS: 'letsencrypt',
      FLEETCERT_ACME_CAS: join(directory, 'cas.json'),
    });
  });
  afterAll(async () => {
    await server?.stop();
    await Promise.all([first, second, staging].map((each) => each?.stop()));
    await rm(directory, { recursive: true });
  });

  async function order(device: EnrolledTestDevice): Promise<string> {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const csr = toPem(aCsr({ key, altNames: { dns: [device.name] } }));
    const { body } = await server.as(device.token).post('/v1/device/orders').send({ csr }).expect(202);
    return (body as { orderId: string }).orderId;
  }

  async function until<T>(read: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
    for (const begin = performance.now(); ;) {
      const value = await read();
      if (done(value)) return value;
      if (performance.now() - begin > WAIT_MILLISECONDS) throw new Error(`still ${JSON.stringify(value)}`);
      await sleep(100);
    }
  }

  async function ends(orderId: string): Promise<Record<string, unknown>> {
    const rows = await until(
      () =>
        database.dataSource.query<Record<string, unknown>[]>(`SELECT * FROM issuance_orders WHERE id = $1`, [orderId]),
      ([row]) => row!['status'] === 'issued' || row!['status'] === 'failed',
    );
    return rows[0]!;
  }

  async function issuerOf(device: EnrolledTestDevice): Promise<string> {
    const { text } = await server.as(device.token).get('/v1/device/certificate').buffer(true).expect(200);
    const { issuer } = new X509Certificate(text);
    const roots = await Promise.all(
      [first, second, staging].map(async (ca) => [ca, await ca!.store.certificates.find(serialIn(text))] as const),
    );
    expect(issuer).toBeTruthy();
    const ca = roots.find(([, found]) => found !== undefined)?.[0];
    return ca === first ? 'first' : ca === second ? 'second' : 'staging';
  }

  const caaAccounts = async (): Promise<string[]> => {
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${dnsPort}`]);
    // Before any CA was reached there are none.
    const records = await resolver.resolveCaa(ZONE).catch(() => []);
    return records.flatMap(({ issue }) => (issue === undefined ? [] : [issue]));
  };

  const round = () => server.app.get(IssuerUpkeep).round();

  it('have an account each, with the external one where it is asked for, and are all in the CAA records', async () => {
    const caa = await until(
      caaAccounts,
      (values) => values.filter((value) => value.includes('accounturi')).length === 3,
    );
    for (const [name, ca] of [
      ['first.ca.test', first],
      ['second.ca.test', second],
      ['first.ca.test', staging],
    ] as const) {
      expect(caa).toContainEqual(
        expect.stringMatching(new RegExp(`^${name}; ?accounturi=https://127.0.0.1:${ca!.port}/`)),
      );
    }
    expect(caa).toHaveLength(3);
  });

  let early: EnrolledTestDevice;
  let during: EnrolledTestDevice;

  it('issue at the first one', async () => {
    early = await server.enroll();
    expect(await ends(await order(early))).toMatchObject({ status: 'issued', ca: first!.directoryUrl });
    expect(await issuerOf(early)).toBe('first');
  });

  it('issue at the second one while the first is down, and name no certificate of the first in `replaces`', async () => {
    await first!.stop();
    during = await server.enroll();
    const orders = [await order(during), await order(early)];
    for (const orderId of orders) {
      expect(await ends(orderId)).toMatchObject({ status: 'issued', ca: second!.directoryUrl, replaces: null });
    }
    expect(await issuerOf(during)).toBe('second');
    expect(await issuerOf(early)).toBe('second');
    expect(await caaAccounts()).toHaveLength(3);
    const { body } = await server.admin.get('/v1/events?type=ca.fallback').expect(200);
    expect((body as { items: { message: string }[] }).items.map(({ message }) => message)).toEqual([
      expect.stringContaining('Orders go to Second in place of First'),
    ]);
  });

  it('issue at the first one again when it is back, and renew where a certificate is from', async () => {
    await round();
    await first!.start(dnsPort);
    await round();
    const later = await server.enroll();
    expect(await ends(await order(later))).toMatchObject({ status: 'issued', ca: first!.directoryUrl });
    const renewal = await ends(await order(during));
    expect(renewal).toMatchObject({ status: 'issued', ca: second!.directoryUrl });
    expect(renewal['replaces']).toEqual(expect.any(String));
    const { body } = await server.admin.get('/v1/events?type=ca.fallback_ended').expect(200);
    expect((body as { items: unknown[] }).items).toHaveLength(1);
  });

  it('pass one by that has paused the name', async () => {
    const device = await server.enroll();
    const accountUrl = (await caaAccounts()).find((value) => value.includes(`:${first!.port}/`))!;
    const account = /accounturi=\S+\/([^/;\s]+)/.exec(accountUrl)![1]!;
    await first!.store.limits.pause(account, device.name);
    expect(await ends(await order(device))).toMatchObject({ status: 'issued', ca: second!.directoryUrl });
    const { body } = await server.admin.get('/v1/events?type=order.moved').expect(200);
    expect((body as { items: { message: string }[] }).items[0]!.message).toContain(
      'has paused our account or the name',
    );
    expect(await database.dataSource.query(`SELECT name FROM issuance_pauses`)).toEqual([{ name: device.name }]);
  });

  it('raise an alarm for the pause, which ends when an operator says that it is over at the CA', async () => {
    const alarms = async (): Promise<unknown> => {
      await server.app.get(AlarmScan).scanFleet();
      const { body } = await server.admin.get('/v1/events?type=ca.paused,alarm.resolved').expect(200);
      return (body as { items: { message: string }[] }).items.map(({ message }) => message);
    };
    const raised =
      /^First: The CA has paused [0-9a-z]+\.fleet\.test, and only an operator can end that, at the CA; no order waits/;
    expect(await alarms()).toEqual([expect.stringMatching(raised)]);
    const [paused] = (await server.app.get(CaOverview).read()).filter(({ pausedNames }) => pausedNames.length > 0);
    expect(paused).toMatchObject({ name: 'First', condition: 'ready' });
    await server.admin.post('/v1/limits/resume').send({ ca: 'Second' }).expect(200, { resumed: 0 });
    await server.admin.post('/v1/limits/resume').send({ ca: 'First' }).expect(200, { resumed: 1 });
    expect(await alarms()).toEqual([expect.stringMatching(/^Resolved: First: /), expect.stringMatching(raised)]);
  });

  it('rehearse at the staging what has failed at the CA, before the CA is asked again', async () => {
    // The CA looks where nobody answers.
    await first!.stop();
    await first!.start(await freePort());
    const device = await server.enroll();
    const orderId = await order(device);
    expect(await ends(orderId)).toMatchObject({ status: 'failed', reason_code: 'validation_failed' });
    await first!.stop();
    await first!.start(dnsPort);
    await server.admin.post(`/v1/orders/${orderId}/retry`).expect((answer) => expect(answer.ok).toBe(true));
    const row = await ends(orderId);
    expect(row).toMatchObject({ status: 'issued', ca: first!.directoryUrl });
    expect(JSON.stringify(row['history'])).toContain('First (staging) has issued it.');
    expect(await issuerOf(device)).toBe('first');
    const stored: unknown[] = await database.dataSource.query(`SELECT 1 FROM certificates WHERE device_id = $1`, [
      device.deviceId,
    ]);
    expect(stored).toHaveLength(1);
  });

  it('show the limits of each of them, which a viewer can tell apart', async () => {
    const { body } = await server.admin.get('/v1/limits').expect(200);
    const levels = (body as { items: { ca: string; limit: string; level: number; capacity: number }[] }).items;
    const orders = levels.filter(({ limit }) => limit === 'new-orders');
    expect(orders.map(({ ca }) => ca)).toEqual(['First', 'First (staging)', 'Second']);
    const domains = levels.filter(({ limit }) => limit === 'certificates-per-domain');
    expect(domains.map(({ ca, capacity }) => [ca, capacity])).toEqual([
      ['First', 50],
      ['First (staging)', 30_000],
      ['Second', 50],
    ]);
    const { text } = await server.anyone.get('/metrics').expect(200);
    expect(text).toMatch(
      /fleetcert_limit_left\{ca="Second",limit="certificates-per-domain",subject="fleet\.test"\} 4\d/,
    );
    expect(
      (await server.app.get(CaOverview).read()).map(({ name, stagingOf, condition }) => [name, stagingOf, condition]),
    ).toEqual([
      ['First', undefined, 'ready'],
      ['First (staging)', 'First', 'ready'],
      ['Second', undefined, 'ready'],
    ]);
    for (const { level, capacity } of [...orders, ...domains]) expect(level).toBeLessThan(capacity);
    const reserved: unknown[] = await database.dataSource.query(`SELECT key FROM issuance_buckets WHERE reserved <> 0`);
    expect(reserved).toEqual([]);
  });

  it('can be corrected one by one', async () => {
    const body = { limit: 'certificates-per-domain', subject: ZONE, remaining: 7, ca: 'Second' };
    const answer = await server.admin.put('/v1/limits').send(body).expect(200);
    expect(answer.body).toMatchObject({ ca: 'Second', level: 7 });
    await server.admin
      .put('/v1/limits')
      .send({ ...body, ca: 'Third' })
      .expect(400);
  });
});

function serialIn(pem: string): string {
  return new X509Certificate(pem).serialNumber.toLowerCase();
}
