import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { AgentDevice } from '../support/agent-device.js';
import { execute, plainShell, type Result, shells } from '../support/agent-shell.js';
import { freePort } from '../support/free-port.js';
import { describeWithPeers } from '../support/peers.js';
import { type ServerProcess, startServer } from '../support/server-process.js';

const ADDRESS = '127.0.0.77';

/** The agent against the server as it is shipped, with its own CA and DNS. */
describeWithPeers(['curl', 'openssl'], 'the agent and the real server', () => {
  let server: ServerProcess;
  let device: AgentDevice;
  const ports: { dnsPort?: number; httpPort?: number; caPort?: number } = {};

  beforeAll(async () => {
    Object.assign(ports, { dnsPort: await freePort(), httpPort: await freePort(), caPort: await freePort() });
    server = await startServer(ports);
  });
  afterAll(() => server?.stop());
  beforeEach(() => {
    device = new AgentDevice(server.url);
  });
  afterEach(() => device.remove());

  const enroll = async (on: AgentDevice, ...options: string[]): Promise<Result> => {
    const environment = { FLEETCERT_ENROLLMENT_KEY: await server.enrollmentKey() };
    const argv = ['enroll', '--server', server.url, '--address', ADDRESS, ...options];
    return on.agent(argv, { environment });
  };
  const deviceId = (): string => /^device_id=(.*)$/m.exec(device.read('config'))![1]!;
  const asDevice = (method: string, path: string) => server.api(method, path, {}, device.read('token').trim());

  describe.each(shells())('under $name', (shell) => {
    it('make a certificate that a stranger verifies, in time', async () => {
      device.remove();
      device = new AgentDevice(server.url, shell);
      const log = device.addHook('deploy.d', 'reload');
      const { exitCode, stderr } = await enroll(device);
      expect({ exitCode, stderr }).toEqual({
        exitCode: 0,
        stderr: expect.stringContaining('installed the certificate'),
      });
      expect(device.hookLines(log)).toEqual([`|${device.read('name').trim()}|${device.path('live')}|`]);
      expect(await visit(device, server)).toBe('hello');

      expect((await device.run()).lastLine).toMatch(
        /^nothing to do: the certificate of \S+\.fleet\.test is valid until/,
      );
      const { result, json } = await device.status();
      expect(result.exitCode).toBe(0);
      expect(json).toMatchObject({ health: 'ok', addresses: [ADDRESS], certificate: { serial: device.serial() } });
      expect(Date.parse(json['renewAt'] as string)).toBeGreaterThan(Date.now());
    });

    it('enroll through a pipe, by one line', async () => {
      const line = `curl -fsS ${server.url}/agent | ${shell.command.join(' ')} -s -- enroll --server ${server.url} \\
        --key ${await server.enrollmentKey()} --state "${device.state}" --address ${ADDRESS}`;
      const { exitCode } = await execute(shell, [...shell.command, '-c', line]);
      expect(exitCode).toBe(0);
      const later = [device.path('bin', 'fleetcert-agent'), 'run', '--state', device.state];
      expect(await execute(shell, [...shell.command, ...later])).toMatchObject({ exitCode: 0 });
    });
  });

  it('renew a certificate that was revoked, with another key, and keep the one before', async () => {
    await enroll(device, '--install-days-before', '3');
    const [serial, key] = [device.serial(), device.read('live', 'privkey.pem')];
    expect((await asDevice('POST', '/v1/device/certificate/revoke')).status).toBe(202);
    const { exitCode, stderr } = await device.run();
    expect(stderr).toContain('the server knows no good certificate of this device: was it revoked?');
    expect(exitCode).toBe(0);
    expect(device.serial()).not.toBe(serial);
    expect(device.serial('previous')).toBe(serial);
    expect(device.read('live', 'privkey.pem')).not.toBe(key);
    expect(await visit(device, server)).toBe('hello');
  });

  it('make an RSA certificate where one is wanted', async () => {
    await enroll(device, '--rsa', '2048');
    const text = await execute(device.shell, [
      'openssl',
      'x509',
      '-in',
      device.path('live', 'cert.pem'),
      '-noout',
      '-text',
    ]);
    expect(text.stdout).toContain('Public-Key: (2048 bit)');
  });

  it('move the name when the address changes, and ask nothing when it does not', async () => {
    await enroll(device, '--no-run');
    const addresses = async (): Promise<unknown> =>
      (await server.api('GET', `/v1/devices/${deviceId()}`)).body['addresses'];
    const moved = await enroll(device, '--address', 'fd00:0:0::0004');
    expect(moved.stderr).toContain(`already enrolled as ${device.read('name').trim()}`);
    expect(await addresses()).toEqual([ADDRESS, 'fd00::4']);
    expect((await device.run()).stderr).not.toContain('now leads to');
  });

  it('change the credential, after which the old one is worth nothing', async () => {
    await enroll(device);
    const old = device.read('token').trim();
    expect((await device.run('--rotate-token')).stderr).toContain('the credential was changed');
    expect(device.read('token').trim()).not.toBe(old);
    expect((await server.api('GET', '/v1/device', undefined, old)).status).toBe(401);
    expect((await device.run()).exitCode).toBe(0);
  });

  it('tell a suspended device so, and go on when it is resumed', async () => {
    await enroll(device);
    await server.api('POST', `/v1/devices/${deviceId()}/suspend`, {});
    expect(await device.run()).toMatchObject({ exitCode: 77, lastLine: expect.stringContaining('has suspended this') });
    expect((await device.status()).result.exitCode).toBe(77);
    await server.api('POST', `/v1/devices/${deviceId()}/resume`, {});
    expect((await device.runNow()).exitCode).toBe(0);
    expect((await device.status()).result.exitCode).toBe(0);
  });

  it('tell a deleted device so, and raise its alarm', async () => {
    await enroll(device);
    const log = device.addHook('alarm.d', 'mail');
    await server.api('DELETE', `/v1/devices/${deviceId()}`);
    const { exitCode, lastLine } = await device.run();
    expect(lastLine).toMatch(/^refused: .* \(unauthorized\)$/);
    expect(exitCode).toBe(77);
    expect(device.hookLines(log)).toEqual([expect.stringMatching(/^raised\|/)]);
  });

  it('refuse a key that is no key, and hardware that is enrolled', async () => {
    const wrong = await device.agent([
      'enroll',
      '--server',
      server.url,
      '--key',
      'fck_not-a-key',
      '--address',
      ADDRESS,
    ]);
    expect(wrong.lastLine).toMatch(/^not enrolled: refused: .* \(enrollment_key_invalid\)$/);
    expect(wrong.exitCode).toBe(77);
    await enroll(device, '--no-run', '--hardware-id', 'SN-1');
    const twin = new AgentDevice(server.url);
    const refused = await enroll(twin, '--no-run', '--hardware-id', 'SN-1');
    twin.remove();
    expect(refused.lastLine).toMatch(/^not enrolled: refused: .* \(hardware_id_enrolled\)$/);
    expect(refused.exitCode).toBe(77);
  });

  it('refuse an address outside the policy, and say which', async () => {
    await enroll(device);
    const { exitCode, stderr } = await device.agent(['enroll', '--server', server.url, '--address', '8.8.8.8']);
    expect(stderr).toMatch(/refused: .*8\.8\.8\.8.* \(address_not_allowed\)/);
    expect(exitCode).toBe(77);
  });

  it('go on where they were when the server was away', async () => {
    await enroll(device, '--no-run');
    await server.end();
    expect(await device.run()).toMatchObject({ exitCode: 75, lastLine: expect.stringContaining('cannot reach http') });
    server = await startServer({ ...ports, dataDirectory: server.dataDirectory });
    expect((await device.run()).lastLine).toMatch(/^waiting \d+ seconds before the next attempt/);
    expect((await device.runNow('--wait', '60')).exitCode).toBe(0);
    expect(await visit(device, server)).toBe('hello');
  });
});

/** Serves HTTPS with what the agent has installed, and asks it as somebody who trusts the sandbox's root only. */
async function visit(device: AgentDevice, server: ServerProcess): Promise<string> {
  const pair = { key: device.read('live', 'privkey.pem'), cert: device.read('live', 'fullchain.pem') };
  const https: Server = createServer(pair, (_request, response) => response.end('hello'));
  await new Promise<void>((resolve) => https.listen(0, ADDRESS, resolve));
  const { port } = https.address() as AddressInfo;
  const name = device.read('name').trim();
  const { stdout, stderr } = await execute(plainShell(), [
    'curl',
    '-sS',
    '--cacert',
    issuingRoot(server),
    '--resolve',
    `${name}:${port}:${ADDRESS}`,
    `https://${name}:${port}/`,
  ]);
  await new Promise((resolve) => https.close(resolve));
  return stdout || stderr;
}

/** The sandbox prints where its issuing root is. */
function issuingRoot(server: ServerProcess): string {
  const path = /certificates are trusted by (\S+)/.exec(server.output())?.[1];
  if (!path) throw new Error(`no root in:\n${server.output()}`);
  return path;
}
