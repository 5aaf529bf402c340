import { startServer, type ServerProcess } from '../support/server-process.js';
import { median, percentile, rounded, type Bench, type BenchTable } from './support/bench.js';
import { onDatabase, startBenchDatabase } from './support/bench-database.js';
import { fillOperatorFleet } from './support/operator-fleet.js';

const DEVICES = 100_000;
const REPEATS = 25;

interface Case {
  readonly name: string;
  /** Asked again each time, so that no two requests of a case are the same where that matters. */
  path(round: number): string;
}

/** What an operator waits for, on a fleet of 100,000: every list with every filter, search and order, and the summary. */
export const operatorLists: Bench = {
  name: 'operator-lists',
  title: `Lists and summary at ${DEVICES.toLocaleString('en')} devices, milliseconds over HTTP (${REPEATS} requests each)`,
  async run(): Promise<BenchTable> {
    const database = await startBenchDatabase();
    try {
      const environment = { DATABASE_URL: database.url };
      // The first start migrates, and makes the account that the orders wait for.
      const first = await startServer({ environment });
      await first.end();
      const ca = await onDatabase(database.url, async (client) => {
        const { rows } = await client.query<{ directory_url: string }>(
          `SELECT directory_url FROM acme_accounts LIMIT 1`,
        );
        return rows[0]?.directory_url ?? '';
      });
      const fleet = await fillOperatorFleet(database.url, DEVICES, ca);
      const server = await startServer({
        environment,
        dataDirectory: first.dataDirectory,
        caPort: Number(new URL(ca).port),
      });
      try {
        const cases = await allCases(server);
        const times = await measure(server, cases);
        return {
          columns: ['list', 'median ms', 'p95 ms'],
          rows: cases.map(({ name }, index) => [
            name,
            rounded(median(times[index]!)),
            rounded(percentile(times[index]!, 0.95)),
          ]),
          note: `${fleet.orders.toLocaleString('en')} orders, ${fleet.events.toLocaleString('en')} events, ${fleet.auditEntries.toLocaleString('en')} audit entries; pages of 100.`,
        };
      } finally {
        await server.stop();
      }
    } finally {
      await database.stop();
    }
  },
};

async function measure(server: ServerProcess, cases: readonly Case[]): Promise<number[][]> {
  const times = cases.map((): number[] => []);
  // Round after round through all of them: no case has the caches to itself. The first round is thrown away.
  for (let round = 0; round <= REPEATS; round += 1) {
    for (const [index, { path, name }] of cases.entries()) {
      const begin = performance.now();
      const { status, body } = await server.api('GET', path(round));
      const took = performance.now() - begin;
      if (status !== 200) throw new Error(`${name}: ${status} ${JSON.stringify(body)}`);
      if (round > 0) times[index]!.push(took);
    }
  }
  return times;
}

async function allCases(server: ServerProcess): Promise<Case[]> {
  const day = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
  const some = await items(server, '/v1/devices?limit=1000&health=ok');
  const one = (round: number, field: string): string => encodeURIComponent(String(some[round * 7]![field]));
  const part = (round: number): string => String(some[round * 11]!['label']).slice(3, 9);
  const fixed = (name: string, path: string): Case => ({ name, path: () => path });
  return [
    fixed('summary (`/v1/fleet`)', '/v1/fleet'),
    fixed('forecast', '/v1/fleet/forecast?devices=5000'),
    fixed('limits', '/v1/limits'),
    fixed('devices', '/v1/devices'),
    fixed('devices, page after 50,000', `/v1/devices?cursor=${await deepCursor(server, '/v1/devices?limit=1000', 50)}`),
    ...['-enrolledAt', 'name', '-name', 'notAfter', '-notAfter', 'lastSeenAt', '-lastSeenAt'].map((sort) =>
      fixed(`devices by \`${sort}\``, `/v1/devices?sort=${sort}`),
    ),
    fixed(
      'devices by `lastSeenAt`, page after 20,000',
      `/v1/devices?sort=lastSeenAt&cursor=${await deepCursor(server, '/v1/devices?sort=lastSeenAt&limit=1000', 20)}`,
    ),
    ...['ok', 'renewing', 'at-risk', 'expired', 'none', 'failing', 'at-risk,expired,failing'].map((health) =>
      fixed(`devices, health ${health}`, `/v1/devices?health=${health}`),
    ),
    fixed('devices, health expired, by `-name`', '/v1/devices?health=expired&sort=-name'),
    fixed('devices, suspended', '/v1/devices?state=suspended'),
    { name: 'devices, group', path: (round) => `/v1/devices?group=site-${round * 13}` },
    fixed('devices, group that is not there', '/v1/devices?group=nowhere'),
    fixed('devices, not seen for 30 days', `/v1/devices?lastSeenBefore=${day(30)}`),
    fixed('devices, not seen for 59 days', `/v1/devices?lastSeenBefore=${day(59)}`),
    fixed('devices, seen within a day', `/v1/devices?lastSeenAfter=${day(1)}`),
    fixed(
      'devices, suspended, at risk, not seen for 30 days',
      `/v1/devices?state=suspended&health=at-risk&lastSeenBefore=${day(30)}`,
    ),
    { name: 'search: whole name', path: (round) => `/v1/devices?q=${one(round, 'name')}` },
    { name: 'search: part of a label', path: (round) => `/v1/devices?q=${part(round)}` },
    { name: 'search: hardware id', path: (round) => `/v1/devices?q=${one(round, 'hardwareId')}` },
    { name: 'search: address', path: (round) => `/v1/devices?q=10.0.${round}.77` },
    { name: 'search: group', path: (round) => `/v1/devices?q=site-${round + 300}` },
    { name: 'search: words of a note', path: (round) => `/v1/devices?q=rack%20${round % 60},%20installed` },
    fixed('search: what every name has', '/v1/devices?q=fleet.test'),
    fixed('search: two letters', '/v1/devices?q=zz'),
    fixed('search: nothing has it', '/v1/devices?q=nothing-has-this'),
    { name: 'device', path: (round) => `/v1/devices/${one(round, 'deviceId')}` },
    fixed('orders that wait', '/v1/orders'),
    fixed(
      'orders that wait, page after 20,000',
      `/v1/orders?cursor=${await deepCursor(server, '/v1/orders?limit=1000', 20)}`,
    ),
    ...['queued', 'deferred', 'issuing', 'issued', 'failed', 'issued,failed'].map((status) =>
      fixed(`orders, ${status}`, `/v1/orders?status=${status}`),
    ),
    fixed('orders that wait for a limit', '/v1/orders?reason=limit'),
    fixed('orders that wait for a slot', '/v1/orders?reason=slot'),
    fixed('orders that the CA has deferred', '/v1/orders?reason=rate_limited'),
    fixed('orders that failed validation', '/v1/orders?status=failed&reason=validation_failed'),
    { name: 'orders of a device', path: (round) => `/v1/orders?status=issued&device=${one(round, 'deviceId')}` },
    { name: 'orders of a group', path: (round) => `/v1/orders?group=site-${round * 10 + 8}` },
    fixed('events', '/v1/events'),
    fixed('events, page after 100,000', `/v1/events?cursor=${await deepCursor(server, '/v1/events?limit=1000', 100)}`),
    fixed('events, critical', '/v1/events?severity=critical'),
    fixed('events, warning and critical', '/v1/events?severity=warning,critical'),
    fixed('events of a type', '/v1/events?type=order.failed'),
    fixed('events of a type that there is none of', '/v1/events?type=ca.paused'),
    fixed('events of two types', '/v1/events?type=ca.paused,device.deleted'),
    fixed('events of a day', `/v1/events?since=${day(1)}`),
    { name: 'events of a device', path: (round) => `/v1/events?device=${one(round, 'deviceId')}` },
    fixed('audit', '/v1/audit'),
    fixed('audit, page after 50,000', `/v1/audit?cursor=${await deepCursor(server, '/v1/audit?limit=1000', 50)}`),
    fixed('audit of an operator', '/v1/audit?operator=rare'),
    fixed('audit of an operator who did nothing', '/v1/audit?operator=nobody'),
    fixed('audit of a day', `/v1/audit?since=${day(1)}`),
    fixed('zones', '/v1/zones'),
    fixed('enrollment keys', '/v1/enrollment-keys'),
    fixed('API keys', '/v1/api-keys'),
    fixed('webhooks', '/v1/webhooks'),
    fixed('bulk actions', '/v1/devices/bulk'),
  ];
}

async function items(server: ServerProcess, path: string): Promise<Record<string, unknown>[]> {
  return (await server.api('GET', path)).body['items'] as Record<string, unknown>[];
}

/** The cursor behind so many pages. */
async function deepCursor(server: ServerProcess, path: string, pages: number): Promise<string> {
  let cursor = '';
  for (let page = 0; page < pages; page += 1) {
    const { body } = await server.api('GET', `${path}${cursor && `&cursor=${cursor}`}`);
    if (typeof body['nextCursor'] !== 'string') throw new Error(`${path} ends after ${page + 1} pages`);
    cursor = body['nextCursor'];
  }
  return cursor;
}
