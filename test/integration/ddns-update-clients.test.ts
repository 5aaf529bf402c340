import { spawnSync } from 'node:child_process';
import { randomUUID, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { mustWireName } from '../../src/ddns/domain/name.js';
import { type CreatedTsigKey, TsigKeys } from '../../src/ddns/transfer/tsig-keys.js';
import { withDatabase } from '../support/database.js';
import { type Pebble, startPebble } from '../support/pebble.js';
import { describeWithPeers, findProgram } from '../support/peers.js';
import { type DdnsServer, NO_WRITE, startDdns, ZONE } from './ddns/ddns-server.js';
import { run } from './ddns-transfer-run.js';

/** Debian's python3-certbot-dns-rfc2136 has no program of its own to look for. */
const certbotPlugin =
  findProgram('certbot') !== undefined &&
  spawnSync('certbot', ['plugins'], { encoding: 'utf8' }).stdout.includes('dns-rfc2136')
    ? 'certbot'
    : 'certbot with dns-rfc2136';

const database = withDatabase();
let server: DdnsServer;
let pebble: Pebble;
let folder: string;
let key: CreatedTsigKey;
/** The device's. */
let name: string;

async function start(label: string): Promise<void> {
  name = `${label}.${ZONE}`;
  folder = await mkdtemp(join(tmpdir(), 'fleetcert-update-'));
  server = await startDdns(database.url);
  // certbot repeats a request whose nonce was rejected once, and then gives up.
  pebble = await startPebble({ dnsServer: `127.0.0.1:${server.port}`, nonceRejectPercent: 0 });
  const device = { id: randomUUID(), name, zone: ZONE };
  await server.dataSource.query(
    `INSERT INTO devices (id, label, zone, name, state, addresses, enrolled_at)
     VALUES ($1, $2, $3, $4, 'active', '{}', now())`,
    [device.id, label, ZONE, name],
  );
  await server.names.publish(
    { deviceId: device.id, name, zone: ZONE, wildcard: false, addresses: ['10.0.0.1'] },
    NO_WRITE,
  );
  const keys = server.get(TsigKeys);
  key = await server.dataSource.transaction((transaction) =>
    keys.createForDevice(transaction, { device, types: ['TXT'] }),
  );
  await keys.published();
}

async function stop(): Promise<void> {
  await pebble.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

/** How many RRsets are at the challenge's name. */
function challenges(): number {
  return (
    server.served
      .zone(ZONE)!
      .node(mustWireName(`_acme-challenge.${name}`))
      ?.rrsets().length ?? 0
  );
}

async function namesOf(certificateFile: string): Promise<string | undefined> {
  return new X509Certificate(await readFile(certificateFile)).subjectAltName;
}

describeWithPeers(['pebble', certbotPlugin], 'certbot with dns-rfc2136', () => {
  beforeAll(() => start('certbot'), 60_000);
  afterAll(stop);

  it('gets a certificate for a device and its wildcard, and cleans up', async () => {
    const credentials = join(folder, 'rfc2136.ini');
    await writeFile(
      credentials,
      `dns_rfc2136_server = 127.0.0.1
dns_rfc2136_port = ${server.port}
dns_rfc2136_name = ${key.name}.
dns_rfc2136_secret = ${key.secret}
dns_rfc2136_algorithm = ${key.algorithm.toUpperCase()}
`,
      { mode: 0o600 },
    );
    const directories = ['config', 'work', 'logs'].flatMap((kind) => [`--${kind}-dir`, join(folder, kind)]);
    const { code, stdout, stderr } = await run(
      'certbot',
      [
        'certonly',
        '--non-interactive',
        '--agree-tos',
        '--register-unsafely-without-email',
        '--server',
        pebble.directoryUrl,
        '--dns-rfc2136',
        '--dns-rfc2136-credentials',
        credentials,
        '--dns-rfc2136-propagation-seconds',
        '1',
        ...directories,
        '-d',
        name,
        '-d',
        `*.${name}`,
      ],
      { seconds: 90, environment: { REQUESTS_CA_BUNDLE: pebble.caFile } },
    );
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    const san = await namesOf(join(folder, 'config', 'live', name, 'cert.pem'));
    expect(san).toContain(`DNS:${name}`);
    expect(san).toContain(`DNS:*.${name}`);
    expect(challenges()).toBe(0);
  }, 120_000);
});

describeWithPeers(['pebble', 'lego'], 'lego with rfc2136', () => {
  beforeAll(() => start('lego'), 60_000);
  afterAll(stop);

  it('gets a certificate for a device, and cleans up', async () => {
    const { code, stdout, stderr } = await run(
      'lego',
      [
        '--accept-tos',
        '--email',
        'ops@example.com',
        '--server',
        pebble.directoryUrl,
        '--path',
        join(folder, 'lego'),
        '--dns',
        'rfc2136',
        '--dns.disable-cp',
        '--dns.resolvers',
        `127.0.0.1:${server.port}`,
        '--domains',
        name,
        'run',
      ],
      {
        seconds: 90,
        environment: {
          LEGO_CA_CERTIFICATES: pebble.caFile,
          RFC2136_NAMESERVER: `127.0.0.1:${server.port}`,
          RFC2136_TSIG_ALGORITHM: `${key.algorithm}.`,
          RFC2136_TSIG_KEY: `${key.name}.`,
          RFC2136_TSIG_SECRET: key.secret,
        },
      },
    );
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    expect(await namesOf(join(folder, 'lego', 'certificates', `${name}.crt`))).toBe(`DNS:${name}`);
    expect(challenges()).toBe(0);
  }, 120_000);
});
