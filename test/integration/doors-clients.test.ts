import { X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { Resolver } from 'node:dns/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { type EnrolledTestDevice, startApp, type TestApp } from '../support/app.js';
import { withDatabase } from '../support/database.js';
import { type Pebble, startPebble } from '../support/pebble.js';
import { describeWithPeers } from '../support/peers.js';
import { run } from './ddns-transfer-run.js';

const database = withDatabase();
let server: TestApp;
let device: EnrolledTestDevice;
let folder: string;

async function start(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'fleetcert-doors-'));
  server = await startApp(database.url);
  device = await server.enroll({ addresses: ['10.0.0.1'] });
}

async function stop(): Promise<void> {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Where the server listens; the answers name the public URL, which a test's free port is not. */
function origin(): string {
  const { port } = server.app.getHttpServer().address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

async function open(door: string): Promise<Record<string, string>> {
  const { body } = await server.as(device.token).post('/v1/device/access').send({ door }).expect(201);
  return body as Record<string, string>;
}

describeWithPeers(['pebble', 'lego'], 'lego by the doors', () => {
  let pebble: Pebble;

  beforeAll(async () => {
    await start();
    pebble = await startPebble({ dnsServer: `127.0.0.1:${server.dnsPort}` });
  }, 60_000);
  afterAll(async () => {
    await pebble?.stop();
    await stop();
  });

  const issue = async (provider: string, environment: Record<string, string>): Promise<string> => {
    const path = join(folder, provider);
    const options = ['--accept-tos', '--email', 'ops@example.com', '--server', pebble.directoryUrl, '--path', path];
    options.push('--dns', provider, '--dns.disable-cp', '--dns.resolvers', `127.0.0.1:${server.dnsPort}`);
    options.push('--domains', device.name, '--domains', `*.${device.name}`, 'run');
    const { code, stdout, stderr } = await run('lego', options, {
      seconds: 90,
      environment: { LEGO_CA_CERTIFICATES: pebble.caFile, ...environment },
    });
    expect({ code, output: stdout + stderr }).toMatchObject({ code: 0 });
    const pem = await readFile(join(path, 'certificates', `${device.name}.crt`));
    return new X509Certificate(pem).subjectAltName ?? '';
  };
  const bothNames = () => expect.stringMatching(new RegExp(`DNS:\\*\\.${device.name}`));

  it.each(['', 'RAW'])(
    'gets one by httpreq, mode "%s", and cleans up',
    async (mode) => {
      const { accessId, username, password } = await open('httpreq');
      const environment = {
        HTTPREQ_ENDPOINT: `${origin()}/httpreq`,
        HTTPREQ_USERNAME: username!,
        HTTPREQ_PASSWORD: password!,
        ...(mode !== '' && { HTTPREQ_MODE: mode }),
      };
      await rm(join(folder, 'httpreq'), { recursive: true, force: true });
      expect(await issue('httpreq', environment)).toEqual(bothNames());
      const left: unknown[] = await database.dataSource.query(`SELECT 1 FROM rrsets WHERE $1 = ANY (owners)`, [
        `door:${accessId}`,
      ]);
      expect(left).toEqual([]);
    },
    120_000,
  );
});

describeWithPeers(['ddclient'], 'ddclient by the door dyndns2', () => {
  beforeAll(start, 60_000);
  afterAll(stop);

  it("moves the device's name to an address", async () => {
    const { username, password } = await open('dyndns2');
    const file = join(folder, 'ddclient.conf');
    await writeFile(
      file,
      [
        'ssl=no',
        'use=ip, ip=10.44.0.7',
        'protocol=dyndns2',
        `server=${origin().slice('http://'.length)}`,
        `login=${username}`,
        `password='${password}'`,
        device.name,
        '',
      ].join('\n'),
    );
    await chmod(file, 0o600);
    const options = ['-daemon=0', '-foreground', '-verbose', '-file', file, '-cache', join(folder, 'ddclient.cache')];
    const { stdout, stderr } = await run('ddclient', options, { seconds: 60 });
    expect(`${stdout}${stderr}`).toMatch(/SUCCESS:.*10\.44\.0\.7/);
    const dns = new Resolver({ timeout: 1000, tries: 2 });
    dns.setServers([`127.0.0.1:${server.dnsPort}`]);
    expect(await dns.resolve4(device.name)).toEqual(['10.44.0.7']);
  }, 90_000);
});
