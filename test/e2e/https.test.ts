import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { enrollCommand } from '../../src/api-tls/domain/enroll-command.js';
import { AgentDevice } from '../support/agent-device.js';
import { addProgram, execute, plainShell } from '../support/agent-shell.js';
import { freePort } from '../support/free-port.js';
import { type HttpsAnswer, visit } from '../support/https-visit.js';
import { describeWithPeers, findProgram } from '../support/peers.js';
import { PROCESS_ADMIN_TOKEN, type ServerProcess, startServer } from '../support/server-process.js';

const HOST = 'api.fleet.test';
const PATIENCE = { timeout: 60_000, interval: 100 };

interface Ports {
  readonly dnsPort: number;
  readonly httpPort: number;
  readonly caPort: number;
  readonly httpsPort: number;
}

async function newPorts(): Promise<Ports> {
  const [dnsPort, httpPort, caPort] = [await freePort(), await freePort(), await freePort()];
  return { dnsPort, httpPort, caPort, httpsPort: await freePort() };
}

function start(ports: Ports, dataDirectory?: string): Promise<ServerProcess> {
  const { httpsPort, ...others } = ports;
  const environment = {
    FLEETCERT_HTTPS_LISTEN: `127.0.0.1:${httpsPort}`,
    FLEETCERT_PUBLIC_URL: `https://${HOST}:${httpsPort}`,
  };
  return startServer({ ...others, environment, ...(dataDirectory !== undefined && { dataDirectory }) });
}

function pinIn(output: string): string {
  return /--pin (sha256\/\/\S+)/.exec(output)![1]!;
}

/** Resolves when the server presents a certificate of the sandbox's CA. */
function whenIssued(server: ServerProcess, port: number): Promise<HttpsAnswer> {
  return vi.waitFor(async () => {
    const ca = readFileSync(join(server.dataDirectory, 'sandbox-ca', 'ca-root.pem'), 'utf8');
    const answer = await visit(port, HOST, { path: '/health/live', ca });
    expect(answer).toMatchObject({ status: 200, isTrusted: true });
    return answer;
  }, PATIENCE);
}

describe('HTTPS of the shipped server', () => {
  const running: ServerProcess[] = [];
  afterEach(async () => {
    for (const server of running.splice(0)) await server.stop();
  });

  it.each([0, 600])(
    'has one key and orders one certificate, also when it is killed %i ms after it began to listen',
    async (milliseconds) => {
      const ports = await newPorts();
      const killed = await start(ports);
      const pin = pinIn(killed.output());
      await sleep(milliseconds);
      await killed.end('SIGKILL');
      const server = await start(ports, killed.dataDirectory);
      running.push(server);
      expect(pinIn(server.output())).toBe(pin);
      const { serial } = await whenIssued(server, ports.httpsPort);
      const { body } = await server.api('GET', '/v1/orders?status=issued');
      expect(body['items']).toEqual([expect.objectContaining({ status: 'issued', names: [HOST] })]);
      const { body: devices } = await server.api('GET', '/v1/devices');
      const certificates = (devices['items'] as { certificate: { serial: string } }[]).map((d) => d.certificate.serial);
      expect(certificates.map((one) => one.replace(/^0+/, ''))).toEqual([serial]);
    },
    120_000,
  );

  it('does not start where its port is taken, and says so', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const server = await startServer({
      environment: { FLEETCERT_HTTPS_LISTEN: `127.0.0.1:${port}` },
      waitUntilReady: false,
    });
    running.push(server);
    expect(await server.exited).toBe(1);
    expect(server.output()).toContain(
      `fleetcert could not start: FLEETCERT_HTTPS_LISTEN: cannot listen on 127.0.0.1:${port}: another program listens there.\n`,
    );
    taken.close();
  });
});

describeWithPeers(['curl', 'openssl'], 'the agent and a server with HTTPS of its own', () => {
  let ports: Ports;
  let server: ServerProcess;
  let device: AgentDevice;

  beforeAll(async () => {
    ports = await newPorts();
    server = await start(ports);
    device = new AgentDevice(`https://${HOST}:${ports.httpsPort}`);
  });
  afterAll(async () => {
    device.remove();
    await server.stop();
  });

  /** A device whose resolver knows the API, and whose system knows no CA of ours. */
  const resolver = (): string => {
    const before = join(device.folder, 'resolver');
    const known = `--resolve ${HOST}:${ports.httpsPort}:127.0.0.1`;
    addProgram(before, 'curl', `exec ${findProgram('curl')!} "$@" ${known}`);
    return before;
  };

  it('enrolls by the one line with the pin, keeps the roots, and goes by these once the certificate is issued', async () => {
    const pin = pinIn(server.output());
    const line = enrollCommand({ serverUrl: device.url, key: await server.enrollmentKey(), pin });
    const before = resolver();
    const enrolled = await execute(
      plainShell(),
      ['/bin/sh', '-c', `${line} --address 127.0.0.78 --state '${device.state}'`],
      { before },
    );
    expect(enrolled).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('installed the certificate') });
    expect(device.read('config')).toContain(`pin=${pin}\n`);
    await whenIssued(server, ports.httpsPort);
    expect(await device.agent(['run', '--force'], { before })).toMatchObject({ exitCode: 0 });
    expect(device.read('roots.pem')).toContain(
      readFileSync(join(server.dataDirectory, 'sandbox-ca', 'ca-root.pem'), 'utf8').trim(),
    );
    expect(device.read('status')).toMatch(/^trust=(roots|pin)$/m);
    expect(await device.agent(['run', '--force'], { before })).toMatchObject({ exitCode: 0 });
    expect(device.read('status')).toMatch(/^trust=roots$/m);
  });

  it('the server ends on SIGTERM, with connections open to both listeners', async () => {
    const headers = { authorization: `Bearer ${PROCESS_ADMIN_TOKEN}` };
    // Settled from the beginning: the server breaks them off before anybody waits for them.
    const streams = Promise.allSettled([
      visit(ports.httpsPort, HOST, { path: '/v1/events/stream', headers }),
      server.api('GET', '/v1/events/stream'),
    ]);
    await visit(ports.httpsPort, HOST, { path: '/health/live' });
    expect(await server.end('SIGTERM')).toBe(0);
    await streams;
  });
});
