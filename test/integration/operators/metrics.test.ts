import { spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';
import { DataSource } from 'typeorm';

import { FleetFiguresReader } from '../../../src/operators/metrics/fleet-figures.js';
import { APP_CONFIG, type AppConfig } from '../../../src/platform/config/app-config.js';
import { startApp, type TestApp } from '../../support/app.js';
import { describeOnEachDatabase, withDatabase } from '../../support/database.js';
import { describeWithPeers } from '../../support/peers.js';
import { storeCertificate, storeOrder } from './support.js';

/** The value of a measure with exactly these labels, in any order; undefined when it is not told. */
function valueOf(text: string, name: string, labels: Record<string, string> = {}): number | undefined {
  for (const line of text.split('\n')) {
    const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match?.[1] !== name) continue;
    const told = Object.fromEntries(
      [...(match[2] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map((pair) => [pair[1], pair[2]]),
    );
    if (JSON.stringify(Object.entries(told).toSorted()) === JSON.stringify(Object.entries(labels).toSorted())) {
      return Number(match[3]);
    }
  }
  return undefined;
}

describeOnEachDatabase('/metrics', (database) => {
  let server: TestApp;
  let dataSource: DataSource;

  beforeAll(async () => {
    server = await startApp(database.url);
    dataSource = server.app.get(DataSource);
  });
  afterAll(() => server.stop());

  const scrape = async (): Promise<string> => (await server.anyone.get('/metrics').expect(200)).text;

  it('counts DNS answers by type and response code', async () => {
    const dns = new Resolver({ timeout: 1000, tries: 1 });
    dns.setServers([`127.0.0.1:${server.dnsPort}`]);
    const { name } = await server.enroll({ addresses: ['10.1.1.4'] });
    const count = (text: string, rcode: string) =>
      valueOf(text, 'fleetcert_dns_answers_total', { type: 'A', rcode }) ?? 0;
    const before = await scrape();
    await dns.resolve4(name);
    await dns.resolve4(name);
    await expect(dns.resolve4('no-such-device.fleet.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    const after = await scrape();
    expect(count(after, 'NOERROR') - count(before, 'NOERROR')).toBe(2);
    expect(count(after, 'NXDOMAIN') - count(before, 'NXDOMAIN')).toBe(1);
    expect(valueOf(after, 'fleetcert_dns_messages_total', { kind: 'udp' })).toBeGreaterThanOrEqual(3);
  });

  it('tells the serial of the zone, and that the feed does not lag', async () => {
    // The server is still publishing its CAA record when it has just started.
    const told = async () => {
      const text = await scrape();
      const { body } = await server.admin.get('/v1/zones').expect(200);
      const isSame = valueOf(text, 'fleetcert_zone_serial', { zone: 'fleet.test' }) === body.items[0].serial;
      return [isSame, valueOf(text, 'fleetcert_zone_feed_lag_seconds', { zone: 'fleet.test' })];
    };
    await expect.poll(told, { timeout: 10_000 }).toEqual([true, 0]);
  });

  it('measures requests by the template of their route, so that no id is a label', async () => {
    const { deviceId } = await server.enroll();
    await server.admin.get(`/v1/devices/${deviceId}`).expect(200);
    await server.anyone.get('/v1/devices').expect(401);
    await server.anyone.get('/anything/at/all').expect(404);
    const text = await scrape();
    const requests = (route: string, status: string) =>
      valueOf(text, 'fleetcert_http_request_duration_seconds_count', { method: 'GET', route, status });
    expect(requests('/v1/devices/:id', '200')).toBeGreaterThanOrEqual(1);
    expect(requests('/v1/devices', '401')).toBeGreaterThanOrEqual(1);
    expect(requests('unmatched', '404')).toBeGreaterThanOrEqual(1);
    expect(text).not.toContain(deviceId);
    expect(text).not.toContain('/anything');
  });

  it('tells what is left of certificates as a histogram, and why orders wait', async () => {
    await dataSource.query(`UPDATE devices SET state = 'deleted' WHERE state <> 'deleted'`);
    const devices = [await server.enroll(), await server.enroll(), await server.enroll(), await server.enroll()];
    await storeCertificate(dataSource, devices[0]!.deviceId, -1);
    await storeCertificate(dataSource, devices[1]!.deviceId, 5);
    await storeCertificate(dataSource, devices[2]!.deviceId, 3);
    await storeCertificate(dataSource, devices[2]!.deviceId, 45);
    await storeOrder(dataSource, devices[3]!.deviceId, { status: 'deferred', reasonCode: 'budget' });
    const text = await freshScrape();
    const atMost = (le: string) => valueOf(text, 'fleetcert_certificate_expiry_seconds_bucket', { le });
    expect(['0', '86400', '604800', '2592000', '5184000', '+Inf'].map(atMost)).toEqual([1, 1, 2, 2, 3, 3]);
    expect(valueOf(text, 'fleetcert_certificate_expiry_seconds_count')).toBe(3);
    expect(valueOf(text, 'fleetcert_certificate_expiry_seconds_sum')! / 86_400).toBeCloseTo(49, 1);
    expect(valueOf(text, 'fleetcert_orders', { status: 'deferred', reason: 'budget' })).toBe(1);
    expect(valueOf(text, 'fleetcert_devices', { state: 'active' })).toBe(4);
  });

  it("tells the level of the CA's limits", async () => {
    await dataSource.query(
      `INSERT INTO issuance_buckets (ca, key, tat, reserved)
       SELECT $1, 'certificates-per-domain:fleet.test', extract(epoch FROM now()) * 1000, 7
       ON CONFLICT (ca, key) DO UPDATE SET tat = excluded.tat, reserved = excluded.reserved`,
      [server.app.get<AppConfig>(APP_CONFIG).acme.directoryUrl],
    );
    const text = await freshScrape();
    const labels = { limit: 'certificates-per-domain', subject: 'fleet.test' };
    expect(valueOf(text, 'fleetcert_limit_burst', labels)).toBe(50);
    expect(valueOf(text, 'fleetcert_limit_left', labels)).toBeCloseTo(43, 1);
  });

  it('tells the connections to the database, and of the process', async () => {
    const text = await scrape();
    expect(valueOf(text, 'fleetcert_database_connections', { state: 'waiting' })).toBe(0);
    expect(valueOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(valueOf(text, 'fleetcert_order_runs_total', { outcome: 'issued' })).toBe(0);
  });

  it('is for this machine and for operators: who comes by a proxy needs a credential', async () => {
    await server.anyone.get('/metrics').set('X-Forwarded-For', '192.0.2.7').expect(401);
    const { body } = await server.admin.post('/v1/api-keys').send({ role: 'viewer' }).expect(201);
    await server.as(body.key).get('/metrics').set('X-Forwarded-For', '192.0.2.7').expect(200);
  });

  /** As if the last scrape were long ago. */
  async function freshScrape(): Promise<string> {
    server.app.get(FleetFiguresReader).forget();
    return scrape();
  }
});

describeWithPeers(['promtool'], 'promtool', () => {
  const database = withDatabase();
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp(database.url);
  });
  afterAll(() => server.stop());

  it('has nothing to say against the measures', async () => {
    await server.enroll();
    const { text } = await server.anyone.get('/metrics').expect(200);
    expect(await promtool(['check', 'metrics'], text)).toEqual({ code: 0, output: '' });
  });

  it('finds every measure that the rules and the Grafana dashboard ask for', async () => {
    const { text } = await server.anyone.get('/metrics').expect(200);
    const told = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map((match) => match[1]));
    const board = await readFile('deploy/grafana/fleetcert.json', 'utf8');
    const { panels } = JSON.parse(board) as { panels: { targets: { expr: string }[] }[] };
    const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll('$job', '.*')));
    const asked = [...expressions, await readFile('deploy/prometheus/fleetcert.rules.yml', 'utf8')].flatMap((source) =>
      [...source.matchAll(/\bfleetcert_\w+/g)].map(([name]) => name.replace(/_(bucket|count|sum)$/, '')),
    );
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((name) => !told.has(name))).toEqual([]);
    const rules = expressions.map((expr, index) => ({ record: `panel:${index}`, expr }));
    const directory = await mkdtemp(join(tmpdir(), 'fleetcert-rules-'));
    try {
      const file = join(directory, 'panels.json');
      await writeFile(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
      expect(await promtool(['check', 'rules', file])).toMatchObject({ code: 0 });
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('takes the alert rules, and they fire as their tests say', async () => {
    expect(await promtool(['check', 'rules', 'deploy/prometheus/fleetcert.rules.yml'])).toMatchObject({ code: 0 });
    expect(await promtool(['test', 'rules', 'deploy/prometheus/fleetcert.rules.test.yml'])).toMatchObject({ code: 0 });
    expect(await promtool(['check', 'config', '--syntax-only', 'deploy/prometheus/prometheus.yml'])).toMatchObject({
      code: 0,
    });
  });
});

function promtool(args: readonly string[], input = ''): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('promtool', args, { stdio: 'pipe' });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject).on('close', (code) => resolve({ code, output }));
    child.stdin.end(input);
  });
}
