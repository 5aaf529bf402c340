import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { withDatabase } from '../support/database.js';
import { type DnsFanOut, startDnsFanOut } from '../support/dns-fan-out.js';
import { freePort } from '../support/free-port.js';
import { type FleetCertificate, type FleetDevice, ProtocolFleet } from '../support/protocol-fleet.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { startWatchedCa, type WatchedCa } from '../support/watched-ca.js';

const SERVERS = 3;
const IN_FLIGHT = 10;
const ORDERS_A_ZONE = 100;
/** Its bucket is full soon and gives ten a second. */
const QUICK_ZONE = 'd.example.com';
/** Its bucket gives nothing back within this test: every token is counted. */
const SLOW_ZONE = 'd.example.org';
const QUICK = { burst: 20, count: 10, periodSeconds: 1 };
const SLOW = { burst: 110, count: 1, periodSeconds: 3600 };
const NEW_ORDERS = { burst: 300, count: 1, periodSeconds: 3600 };
const FAILURES = { burst: 5, count: 5, periodSeconds: 3600 };

/** When so many certificates are issued, these servers are killed, and started again. */
const KILLS: readonly (readonly [issued: number, victims: readonly number[]])[] = [
  [20, [0]],
  [60, [1]],
  [100, [0, 2]],
  [150, [1]],
];
const KILLED = KILLS.reduce((sum, [, victims]) => sum + victims.length, 0);
/** On a machine four times slower. */
const TEST_MILLISECONDS = 300_000;

describe(`${SERVERS} servers that are killed in the middle of ${2 * ORDERS_A_ZONE} orders`, () => {
  const database = withDatabase();
  const stopped = new AbortController();
  const servers: ServerProcess[] = [];
  const starts: (() => Promise<ServerProcess>)[] = [];
  let folder: string;
  let dns: DnsFanOut;
  let ca: WatchedCa;
  let fleet: ProtocolFleet;
  let certificates: FleetCertificate[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fleetcert-killed-'));
    const ports: { dnsPort: number; httpPort: number }[] = [];
    for (let i = 0; i < SERVERS; i++) ports.push({ dnsPort: await freePort(), httpPort: await freePort() });
    dns = await startDnsFanOut(ports.map(({ dnsPort }) => dnsPort));
    ca = await startWatchedCa(folder, dns.port, [QUICK_ZONE, SLOW_ZONE], {
      limits: {
        newOrdersPerAccount: NEW_ORDERS,
        certificatesPerDomain: QUICK,
        failedAuthorizations: FAILURES,
      },
      limitOverrides: { certificatesPerDomain: { 'example.org': SLOW } },
    });
    const limits = join(folder, 'limits.json');
    const values = ({ periodSeconds, ...rest }: typeof QUICK) => ({ ...rest, period: `${periodSeconds}s` });
    await writeFile(
      limits,
      JSON.stringify({
        extends: 'letsencrypt',
        limits: {
          'new-orders': values(NEW_ORDERS),
          'certificates-per-domain': values(QUICK),
          'failed-authorizations': values(FAILURES),
        },
        overrides: [{ limit: 'certificates-per-domain', for: 'example.org', ...values(SLOW) }],
      }),
    );
    const environment = {
      DATABASE_URL: database.url,
      FLEETCERT_SECRET_KEY: randomBytes(32).toString('base64'),
      FLEETCERT_ZONES: `${QUICK_ZONE},${SLOW_ZONE}`,
      FLEETCERT_NAMESERVERS: 'ns1.example.net=192.0.2.53',
      FLEETCERT_ACME_DIRECTORY: ca.directoryUrl,
      FLEETCERT_ACME_CA_FILE: ca.caFile,
      FLEETCERT_ACME_LIMITS: limits,
      FLEETCERT_ORDERS_IN_FLIGHT: String(IN_FLIGHT),
    };
    for (const port of ports) starts.push(() => startServer({ ...port, environment }));
    servers.push(...(await Promise.all(starts.map((start) => start()))));
    fleet = new ProtocolFleet(
      servers.map(({ url }) => url),
      stopped.signal,
      { longestPollSeconds: 4 },
    );
  });
  afterAll(async () => {
    stopped.abort();
    fleet?.close();
    await Promise.all(servers.map((server) => server.end('SIGKILL')));
    await ca?.stop();
    await dns?.close();
    for (const { dataDirectory } of servers) await rm(dataDirectory, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  });

  const enroll = async (zone: string): Promise<FleetDevice[]> => {
    const { body } = await servers[0]!.api('POST', '/v1/enrollment-keys', { zone });
    return fleet.enroll(body['key'] as string, ORDERS_A_ZONE);
  };
  const issued = async (): Promise<number> => {
    const rows: { issued: number }[] = await database.dataSource.query(
      `SELECT count(*)::int AS issued FROM issuance_orders WHERE status = 'issued'`,
    );
    return rows[0]!.issued;
  };
  const kill = async (index: number): Promise<void> => {
    const victim = servers[index]!;
    await victim.end('SIGKILL');
    servers[index] = await starts[index]!();
    await rm(victim.dataDirectory, { recursive: true, force: true });
  };
  /** Milliseconds of the CA's and of our own bucket. */
  const tatsOf = async (limit: string, caKey: string): Promise<{ theirs: number; ours: number }> => {
    const rows: { tat: number }[] = await database.dataSource.query(
      `SELECT tat FROM issuance_buckets WHERE starts_with(key, $1)`,
      [limit],
    );
    const theirs = [...ca.tats()].flatMap(([key, tat]) => (key.startsWith(caKey) ? [tat] : []));
    expect([rows.length, theirs.length]).toEqual([1, 1]);
    return { theirs: theirs[0]!, ours: rows[0]!.tat };
  };

  it(
    'finish every order once',
    async () => {
      const devices = (await Promise.all([QUICK_ZONE, SLOW_ZONE].map(enroll))).flat();
      const all = Promise.all(devices.map((device) => fleet.certify(device)));
      const killing = async (): Promise<void> => {
        for (const [count, victims] of KILLS) {
          while (!stopped.signal.aborted && (await issued()) < count) await sleep(20);
          await Promise.all(victims.map(kill));
        }
      };
      [certificates] = await Promise.all([all, killing()]);

      expect(await issued()).toBe(devices.length);
      const rows: { orders: number; certificates: number }[] = await database.dataSource.query(
        `SELECT (SELECT count(*)::int FROM issuance_orders) AS orders, (SELECT count(*)::int FROM certificates) AS certificates`,
      );
      expect(rows[0]).toEqual({ orders: devices.length, certificates: devices.length });
      expect(new Set(certificates.map(({ serial }) => serial)).size).toBe(devices.length);
      expect((await ca.counts()).certificates).toBe(devices.length);
    },
    TEST_MILLISECONDS,
  );

  it('overdraw no bucket: the CA, which enforces its limits, has refused nothing', () => {
    expect(ca.refusals()).toEqual([]);
  });

  it('leak nothing of a bucket', async () => {
    const buckets: unknown[] = await database.dataSource.query(
      `SELECT key, reserved FROM issuance_buckets WHERE reserved <> 0`,
    );
    const orders: unknown[] = await database.dataSource.query(
      `SELECT id FROM issuance_orders WHERE reservations IS NOT NULL OR lease_id IS NOT NULL`,
    );
    expect([buckets, orders]).toEqual([[], []]);
  });

  it('have counted what the CA has counted, and an order more only for one that a kill may have hidden', async () => {
    const domain = await tatsOf('certificates-per-domain:example.org', 'certificatesPerDomain:example.org');
    const interval = (SLOW.periodSeconds * 1000) / SLOW.count;
    expect(Math.round((domain.ours - domain.theirs) / interval)).toBe(0);
    expect(domain.ours).toBeGreaterThanOrEqual(domain.theirs);

    const account = await tatsOf('new-orders:', 'newOrdersPerAccount:');
    const hidden = Math.round((account.ours - account.theirs) / (NEW_ORDERS.periodSeconds * 1000));
    expect(account.ours).toBeGreaterThanOrEqual(account.theirs);
    expect(hidden).toBeGreaterThanOrEqual(0);
    expect(hidden).toBeLessThanOrEqual(KILLED * IN_FLIGHT);
  });
});
