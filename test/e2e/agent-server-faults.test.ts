import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { AgentApi, problem } from '../support/agent-api.js';
import { AgentCa, newKeys } from '../support/agent-ca.js';
import { AgentDevice } from '../support/agent-device.js';
import { addProgram } from '../support/agent-shell.js';
import { eachWithCertificate } from '../support/agent-template.js';
import { makeTlsPair } from '../support/tls-pair.js';

const DAY = 86_400_000;
const tooMuch = { status: 200, body: 'x'.repeat(400_000), headers: { 'content-length': '400000' } };

describe('with a certificate', () => {
  let api: AgentApi;
  let device: AgentDevice;
  let serial: string | undefined;
  eachWithCertificate((given) => ({ api, device, serial } = given));
  // Whatever happens, the pair that works stays.
  afterEach(() => expect(device.serial()).toBe(serial));

  it.each([
    [
      'a page of a captive portal',
      { status: 200, body: '<html>Sign in</html>' },
      1,
      'not JSON: is a proxy or a captive',
    ],
    ['a portal that says 403', { status: 403, body: '<html>No</html>' }, 1, 'and not in its own way: is a proxy'],
    [
      'JSON of somebody else',
      { status: 200, body: { hello: 'world' } },
      1,
      'without its time: is it a fleetcert server?',
    ],
    ['more than any answer has', tooMuch, 1, 'far more than expected'],
    [
      '500',
      problem(500, 'internal', 'Something went wrong.'),
      75,
      'answered 500 to GET /v1/device: Something went wrong.',
    ],
    ["503 of a proxy's", { status: 503, body: 'Service Unavailable' }, 75, 'answered 503 to GET /v1/device'],
    ['429', problem(429, 'rate_limited', 'Too often.'), 75, 'answered 429 to GET /v1/device: Too often.'],
    ['404', problem(404, 'not_found', 'No such call.'), 1, 'answered 404 to GET /v1/device: No such call.'],
    [
      '401',
      problem(401, 'unauthorized', 'The device was deleted.'),
      77,
      'refused: The device was deleted. (unauthorized)',
    ],
    [
      'a broken connection',
      { status: 200, body: '{"deviceId":', headers: { 'content-length': '400' } },
      75,
      'cannot reach http://127.0.0.1',
    ],
  ])('%s is told apart', async (_what, answer, exit, reason) => {
    api.script('GET /v1/device', answer);
    const { exitCode, lastLine } = await device.run();
    expect(lastLine).toContain(reason);
    expect(exitCode).toBe(exit);
    const { result, json } = await device.status();
    expect(result.exitCode).toBe(exit);
    expect(json['reason']).toContain(reason);
  });

  it('a server that never answers is given up after a while', async () => {
    api.script('GET /v1/device', { status: 200, hang: true });
    const { exitCode, lastLine } = await device.agent(['run'], { environment: { FLEETCERT_HTTP_SECONDS: '1' } });
    expect(lastLine).toMatch(/^cannot reach http:.*timed out/i);
    expect(exitCode).toBe(75);
  });

  it('a suspended device is told so, and again after it was resumed', async () => {
    api.deviceState = 'suspended';
    expect(await device.run()).toMatchObject({
      exitCode: 77,
      lastLine: 'refused: the operator has suspended this device; ask the operator',
    });
    expect((await device.status()).json).toMatchObject({ health: 'refused' });
    api.deviceState = 'active';
    expect((await device.runNow()).exitCode).toBe(0);
    expect((await device.status()).json).toMatchObject({ health: 'ok', reason: expect.stringContaining('ok:') });
  });

  it('backs off, longer after each failure, at random, and only until it works again', async () => {
    api.script('GET /v1/device', { status: 503, body: 'x' });
    for (const most of [60, 120, 240, 480]) {
      const before = Date.now();
      await device.runNow();
      const after = Date.now();
      const next = Date.parse((await device.status()).json['nextAttempt'] as string);
      // Between half of it and all; a second is lost to rounding.
      expect(next).toBeGreaterThanOrEqual(before + (most / 2 - 2) * 1000);
      expect(next).toBeLessThanOrEqual(after + (most + 2) * 1000);
    }
    api.unscript();
    const asked = api.requests.length;
    const { exitCode, lastLine } = await device.run();
    expect(lastLine).toMatch(
      /^waiting \d+ (seconds|minutes) before the next attempt \(run --force tries now\); the last/,
    );
    expect(exitCode).toBe(75);
    expect(api.requests).toHaveLength(asked);
    expect((await device.run('--force')).exitCode).toBe(0);
    expect((await device.run()).exitCode).toBe(0);
  });

  it("waits at least as long as the server's Retry-After says", async () => {
    api.script('GET /v1/device', { ...problem(503, 'unavailable', 'Busy.'), headers: { 'retry-after': '3000' } });
    await device.run();
    const { json } = await device.status();
    expect(Date.parse(json['nextAttempt'] as string) - Date.now()).toBeGreaterThan(2_900_000);
  });

  it('addresses outside the policy are refused, and the certificate is renewed all the same', async () => {
    api.letRenew();
    api.script('PUT /v1/device/addresses', problem(422, 'address_not_allowed', '8.8.8.8 is not private.'));
    const { exitCode, stderr } = await device.enroll('--address', '8.8.8.8');
    expect(stderr).toContain('refused: 8.8.8.8 is not private. (address_not_allowed)');
    expect(exitCode).toBe(77);
    expect(device.serial()).not.toBe(serial);
    serial = device.serial();
    expect((await device.status()).json).toMatchObject({
      health: 'failing',
      reason: expect.stringContaining('8.8.8.8'),
    });
  });

  it('addresses are sent only when they have changed', async () => {
    await device.run();
    expect(api.calls()).not.toContain('PUT /v1/device/addresses');
    await device.enroll('--address', '10.1.1.5', '--address', 'FD00::5');
    expect(api.calls().filter((call) => call.startsWith('PUT'))).toHaveLength(1);
    // The server writes them in its own way.
    api.script('PUT /v1/device/addresses', {
      status: 200,
      body: { name: 'x', addresses: ['10.1.1.6', 'fd00::6'], changed: true },
    });
    await device.enroll('--address', '10.1.1.6', '--address', 'FD00::6');
    api.addresses = ['10.1.1.6', 'fd00::6'];
    await device.run();
    await device.run();
    expect(api.calls().filter((call) => call.startsWith('PUT'))).toHaveLength(2);
    // Somebody else has changed them at the server.
    api.unscript();
    api.addresses = ['10.6.6.6'];
    expect((await device.run()).stderr).toContain('now leads to 10.1.1.6 FD00::6');
  });

  describe('when it is due', () => {
    beforeEach(() => api.letRenew());

    it.each([
      ['cut off in the middle', (pem: string) => pem.slice(0, 700), 'not a whole certificate chain'],
      [
        'without its intermediate',
        (pem: string) => `${pem.split('-----END')[0]}-----END CERTIFICATE-----\n`,
        'not a whole',
      ],
      ['a page', () => '<html>Sign in</html>', 'not a whole certificate chain'],
      ['empty', () => '', 'not a whole certificate chain'],
      ['with garbage for a leaf', (pem: string) => pem.replace(/\n.{64}\n/, `\n${'A'.repeat(64)}\n`), 'damaged'],
    ])('a chain that is %s is not installed', async (_what, change, reason) => {
      api.handOut = change;
      const { exitCode, lastLine } = await device.run();
      expect(lastLine).toContain(reason);
      expect(exitCode).toBe(1);
      expect((await device.status()).result.exitCode).toBe(1);
    });

    it('a certificate for another key is not installed', async () => {
      const { publicKey } = await newKeys();
      api.makeLeaf = (csr) => api.ca.sign(csr, { ...api.validity(), publicKey });
      const { exitCode, lastLine } = await device.run();
      expect(lastLine).toContain('is for a key that is not here: is another device running with a copy of');
      expect(exitCode).toBe(1);
    });

    it('a certificate for another name is not installed', async () => {
      api.makeLeaf = (csr) => api.ca.sign(csr, { ...api.validity(), names: ['other.fleet.test'] });
      const { exitCode, lastLine } = await device.run();
      expect(lastLine).toContain('the certificate is not for the name k2v7');
      expect(exitCode).toBe(1);
    });

    it('a chain that does not lead from the leaf is not installed', async () => {
      const other = await AgentCa.make();
      api.handOut = (pem) =>
        `${pem.split('-----END')[0]}-----END CERTIFICATE-----\n${other.intermediate.toString('pem')}\n`;
      const { exitCode, lastLine } = await device.run();
      expect(lastLine).toMatch(/the certificate's chain does not verify: \w/);
      expect(exitCode).toBe(1);
    });

    it('a certificate that is not valid yet is installed when it is', async () => {
      const notBefore = new Date(Date.now() + 5_000);
      api.makeLeaf = (csr) => api.ca.sign(csr, { notBefore, notAfter: new Date(Date.now() + 60 * DAY) });
      const early = await device.run();
      expect(early.lastLine).toContain('the certificate is not valid before 20');
      expect(early.exitCode).toBe(75);
      expect(device.has('alarm')).toBe(false);
      expect(device.serial()).toBe(serial);
      api.offsetMilliseconds = 10_000;
      expect(await device.run()).toMatchObject({ exitCode: 0 });
      expect(device.serial()).toBe(api.certificate?.serialNumber);
      expect(api.orderCount).toBe(2);
      serial = device.serial();
    });

    it('an order that failed is told with its reason, and tried again with another key', async () => {
      api.orderStatus = { status: 'failed', reason: 'the CA says: CAA forbids\u001b[2J\nissuing' };
      const { exitCode, lastLine, stderr } = await device.run();
      expect(lastLine).toBe('the order failed: the CA says: CAA forbids [2J issuing');
      expect(stderr).not.toContain('\u001b');
      expect(exitCode).toBe(1);
      api.orderStatus = { status: 'issued' };
      expect((await device.run()).lastLine).toMatch(/^waiting .* the last one: the order failed: the CA says/);
      expect((await device.runNow()).exitCode).toBe(0);
      expect(api.orderCount).toBe(3);
      serial = device.serial();
    });

    it('an order in the queue goes on in later runs, with the same key', async () => {
      api.orderStatus = { status: 'queued', reason: 'Behind 12 renewals', estimatedAt: '2026-12-24T18:00:00Z' };
      const { exitCode, lastLine } = await device.run('--wait', '0');
      expect(lastLine).toBe('waiting: the order is queued: Behind 12 renewals (estimated for 2026-12-24T18:00:00Z)');
      expect(exitCode).toBe(75);
      const { result, json } = await device.status();
      expect(result.exitCode).toBe(0);
      expect(json).toMatchObject({ health: 'ok', order: { status: 'queued', reason: 'Behind 12 renewals' } });
      api.orderStatus = { status: 'issued' };
      expect((await device.run()).exitCode).toBe(0);
      expect(api.orderCount).toBe(2);
      serial = device.serial();
    });

    it('polls as often as Retry-After says, within the limit', async () => {
      api.orderStatus = { status: 'issuing' };
      const began = Date.now();
      const { exitCode } = await device.run('--wait', '6');
      expect(exitCode).toBe(75);
      expect(Date.now() - began).toBeGreaterThan(4_000);
      const polls = api.calls().filter((call) => call.startsWith('GET /v1/device/orders/'));
      expect(polls.length).toBeGreaterThanOrEqual(2);
      expect(polls.length).toBeLessThanOrEqual(6);
    });

    it('does not wait when the answer says that waiting is no use within the limit', async () => {
      api.orderStatus = { status: 'queued' };
      api.retryAfterSeconds = 600;
      const began = Date.now();
      expect((await device.run('--wait', '300')).exitCode).toBe(75);
      expect(Date.now() - began).toBeLessThan(25_000);
    });

    it.each([
      ['csr_rejected', 422, 'refused', 77, false],
      ['order_open', 409, 'waiting', 75, true],
    ])('an order that is answered with %s, %d, is %s', async (code, status, word, exit, keepsKey) => {
      api.script('POST /v1/device/orders', problem(status, code, 'No.'));
      expect(await device.run()).toMatchObject({ exitCode: exit, lastLine: `${word}: No. (${code})` });
      expect(device.has('pending', 'privkey.pem')).toBe(keepsKey);
    });

    it('a server that wants the new certificate renewed at once is not obeyed at once', async () => {
      api.keepsRenewAt = true;
      expect((await device.run()).exitCode).toBe(0);
      serial = device.serial();
      expect(await device.run()).toMatchObject({
        exitCode: 75,
        lastLine: expect.stringContaining('the server wants the new certificate to be renewed already'),
      });
      expect(api.orderCount).toBe(2);
    });
  });
});

describe('the order of certificates', () => {
  let api: AgentApi;
  let device: AgentDevice;
  beforeEach(async () => {
    api = await AgentApi.start();
    device = await AgentDevice.enrolled(api);
  });
  afterEach(async () => {
    device.remove();
    await api.stop();
  });

  it('that was issued while the device was away, and has expired, is followed by another', async () => {
    api.orderStatus = { status: 'queued' };
    await device.run('--wait', '0');
    const csr = device.read('pending', 'csr.pem');
    const past = { notBefore: new Date(Date.now() - 90 * DAY), notAfter: new Date(Date.now() - DAY) };
    const makeLeaf = api.makeLeaf;
    api.makeLeaf = (pem) => api.ca.sign(pem, past);
    await api.setCertificate(csr);
    api.makeLeaf = makeLeaf;
    api.orderStatus = { status: 'issued' };
    const { exitCode, stderr } = await device.run();
    expect(stderr).toContain("the server's certificate expired at");
    expect(exitCode).toBe(0);
    expect(api.orderCount).toBe(2);
  });

  it('that the server renewed from the last CSR is taken without an order', async () => {
    api.orderStatus = { status: 'queued' };
    await device.run('--wait', '0');
    const csr = device.read('pending', 'csr.pem');
    api.orderStatus = { status: 'issued' };
    await device.run();
    await api.setCertificate(csr);
    expect((await device.run()).lastLine).toMatch(/^installed the certificate/);
    expect(device.serial()).toBe(api.certificate!.serialNumber);
    expect(api.orderCount).toBe(1);
  });

  it('with --rsa is for an RSA key of that size', async () => {
    await device.enroll('--rsa', '2048');
    expect(Buffer.from(api.certificate!.publicKey.rawData).length).toBeGreaterThan(250);
    expect((await device.runNow()).exitCode).toBe(0);
  });
});

describe('TLS', () => {
  let tls: Awaited<ReturnType<typeof makeTlsPair>>;
  let api: AgentApi;
  let device: AgentDevice;
  let folder: string;
  let ca: string;

  beforeAll(async () => {
    tls = await makeTlsPair();
    api = await AgentApi.start({ tls: { key: tls.privateKeyPem, cert: tls.certificatePem } });
    folder = mkdtempSync(join(tmpdir(), 'agent-tls-'));
    ca = join(folder, 'root.pem');
    writeFileSync(ca, tls.caPem);
  });
  afterAll(async () => {
    await api.stop();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    device = new AgentDevice(api.url);
  });
  afterEach(() => device.remove());

  it('with a private root needs --ca-file, and says so', async () => {
    const { exitCode, lastLine } = await device.enroll();
    expect(lastLine).toMatch(/the TLS certificate of https:\S+ is not trusted: .* enroll --ca-file/);
    expect(exitCode).toBe(1);
    expect(api.requests).toEqual([]);
  });

  it('with --ca-file is trusted, also in later runs when that file is gone', async () => {
    const copy = join(device.folder, 'copy.pem');
    writeFileSync(copy, tls.caPem);
    expect((await device.enroll('--ca-file', copy)).exitCode).toBe(0);
    rmSync(copy);
    expect((await device.run()).exitCode).toBe(0);
  });

  it('cannot work while the clock says 1970, which is said', async () => {
    addProgram(folder, 'date', 'echo 86400');
    const { exitCode, lastLine } = await device.agent(
      ['enroll', '--server', api.url, '--key', 'fck_x', '--address', '10.1.1.4'],
      { before: folder },
    );
    expect(lastLine).toContain("this device's clock says 1970-01-02T00:00:00Z, which is past: set it");
    expect(exitCode).toBe(75);
    rmSync(join(folder, 'date'));
  });

  it('with a certificate that has expired points to the clock', async () => {
    const authority = await AgentCa.make();
    const keys = await newKeys();
    const request = await import('@peculiar/x509').then(({ Pkcs10CertificateRequestGenerator }) =>
      Pkcs10CertificateRequestGenerator.create({
        name: 'CN=x',
        keys,
        signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      }),
    );
    const leaf = await authority.sign(request.toString('pem'), {
      notBefore: new Date(Date.now() - 2 * DAY),
      notAfter: new Date(Date.now() - DAY),
      names: ['localhost'],
    });
    const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
    const expired = await AgentApi.start({
      tls: { key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`, cert: authority.chain(leaf) },
    });
    const root = join(device.folder, 'root.pem');
    writeFileSync(root, authority.root.toString('pem'));
    const url = expired.url.replace('127.0.0.1', 'localhost');
    const { exitCode, lastLine } = await device.agent(['enroll', '--server', url, '--key', 'fck_x', '--ca-file', root]);
    expect(lastLine).toMatch(/is not valid now; this device's clock says 20\S+: set it if that is wrong/);
    expect(exitCode).toBe(75);
    await expired.stop();
  });
});
