import { createHash, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { Agent, request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { connect as tlsConnect, type TLSSocket } from 'node:tls';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { SystemClock } from '../../../src/kernel/clock.js';
import type { AcmeHttpRequest, AcmeHttpResponse } from '../../../src/acme-server/protocol/http.js';
import { SandboxCa } from '../../../src/acme-server/sandbox/sandbox-ca.js';
import { SILENT_LOG } from '../../../src/acme-server/ports/server-log.js';
import { MemoryAcmeStore } from '../../../src/acme-server/store/memory/memory-acme-store.js';
import { describeWithPeers, program } from '../../support/peers.js';
import { runOrThrow, runProgram } from './support/run-program.js';
import { RunningSandbox } from './support/running-sandbox.js';
import { base64url, TestClient, type IssuedToTest } from './support/test-client.js';

let sandbox: RunningSandbox;
let agent: Agent;

async function open(...args: Parameters<typeof RunningSandbox.start>): Promise<void> {
  sandbox = await RunningSandbox.start(...args);
  agent = new Agent({ ca: await readFile(sandbox.running.files.tlsRoot), keepAlive: true });
}

async function close(): Promise<void> {
  agent.destroy();
  await sandbox.stop();
}

function send(wanted: Partial<AcmeHttpRequest> & Pick<AcmeHttpRequest, 'target'>): Promise<AcmeHttpResponse> {
  const { port } = new URL(sandbox.running.directoryUrl);
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      {
        host: '127.0.0.1',
        port,
        agent,
        method: wanted.method ?? 'GET',
        path: wanted.target,
        headers: { ...wanted.headers },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => {
          const { link, ...headers } = incoming.headers as Record<string, string>;
          const body = Buffer.concat(chunks).toString('latin1');
          const all = link === undefined ? headers : { ...headers, link: link.split(', ') };
          resolve({ status: incoming.statusCode ?? 0, headers: all, body });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(wanted.body);
  });
}

async function newClient(): Promise<TestClient> {
  return TestClient.create(send, sandbox.running.directoryUrl.replace('/directory', ''), 'ES256');
}

async function client(): Promise<TestClient> {
  const made = await newClient();
  await made.register();
  return made;
}

/** Puts the TXT records there, and goes the whole way. */
async function issue(by: TestClient, names: readonly string[], more = {}): Promise<IssuedToTest> {
  const order = await by.order(names, more);
  for (const url of order.json['authorizations'] as string[]) {
    const { json } = await by.get(url);
    const [challenge] = json['challenges'] as { token: string }[];
    const { value } = json['identifier'] as { value: string };
    const digest = createHash('sha256')
      .update(`${challenge?.token ?? ''}.${by.thumbprint}`)
      .digest('base64url');
    sandbox.dns.addTxt(`_acme-challenge.${value}`, digest);
  }
  return by.issue(names, () => settled(by, String(order.headers['location'])), more);
}

async function settled(by: TestClient, orderUrl: string): Promise<void> {
  for (let round = 0; round < 100; round += 1) {
    if ((await by.get(orderUrl)).json['status'] !== 'pending') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function openssl(...args: string[]): Promise<string> {
  return runOrThrow(program('openssl'), args);
}

/** A file of the test's own. */
function file(name: string): string {
  return join(sandbox.directory, name);
}

describe('the sandbox CA on its socket', () => {
  beforeAll(() => open());
  afterAll(close);

  it('issues after having looked the names up over the network', async () => {
    const { pem } = await issue(await client(), ['a.fleet.test', '*.a.fleet.test']);
    expect(pem.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    const asked = sandbox.dns.queries.map(({ name, type }) => `${type} ${name.toLowerCase()}`);
    expect(asked).toContain('16 _acme-challenge.a.fleet.test');
    expect(asked).toContain('257 a.fleet.test');
    expect(asked).toContain('257 fleet.test');
  });

  it('does not issue without the TXT record', async () => {
    const by = await client();
    const order = await by.order(['none.fleet.test']);
    await by.solve(order, () => settled(by, String(order.headers['location'])));
    expect((await by.get(String(order.headers['location']))).json).toMatchObject({
      status: 'invalid',
      error: { detail: expect.stringContaining('NXDOMAIN looking up TXT') as string },
    });
  });

  it('shows its terms', async () => {
    const { meta } = JSON.parse(String((await send({ target: '/directory' })).body)) as {
      meta: { termsOfService: string; caaIdentities: string[] };
    };
    expect(meta.caaIdentities).toEqual(['ca.fleetcert.test']);
    const terms = await send({ target: new URL(meta.termsOfService).pathname });
    expect(terms).toMatchObject({ status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' } });
  });

  it('refuses a body that is too large, without reading it to its end', async () => {
    const headers = { 'content-type': 'application/jose+json' };
    const answer = await send({ method: 'POST', target: '/acme/new-order', headers, body: Buffer.alloc(100_000) });
    expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } });
  });

  it.each<[string, (socket: TLSSocket) => void]>([
    ['garbage', (socket) => void socket.write(Buffer.alloc(5000, 0xff))],
    ['a header without end', (socket) => void socket.write(`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`)],
    ['half a request', (socket) => void socket.end('POST /acme/new-order HTTP/1.1\r\nContent-Length: 50\r\n\r\n{"')],
    [
      'a reset in the middle of a body',
      (socket) => {
        socket.write('POST /acme/new-order HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{"');
        setTimeout(() => socket.destroy(), 20);
      },
    ],
    ['two lengths', (socket) => void socket.write('POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n')],
    [
      'an upgrade',
      (socket) => void socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'),
    ],
    ['an absolute target', (socket) => void socket.write('GET http://[::bad HTTP/1.1\r\nHost: x\r\n\r\n')],
  ])('survives %s', async (_, misbehave) => {
    const { port } = new URL(sandbox.running.directoryUrl);
    const socket = tlsConnect({ host: '127.0.0.1', port: Number(port), rejectUnauthorized: false });
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    misbehave(socket);
    await new Promise((resolve) => setTimeout(resolve, 80));
    socket.destroy();
    expect((await send({ target: '/directory' })).status).toBe(200);
    expect(sandbox.errors).toEqual([]);
  });

  describeWithPeers(['openssl', 'curl'], 'seen by openssl and curl', () => {
    async function writeChain(name: string, pem: string): Promise<{ leaf: string; chain: string }> {
      const split = pem.indexOf('-----END CERTIFICATE-----') + '-----END CERTIFICATE-----\n'.length;
      await writeFile(file(`${name}-leaf.pem`), pem.slice(0, split));
      await writeFile(file(`${name}-chain.pem`), pem.slice(split));
      return { leaf: file(`${name}-leaf.pem`), chain: file(`${name}-chain.pem`) };
    }

    it.each(['classic', 'tlsserver', 'shortlived'])(
      '%s certificates verify strictly, by both chains',
      async (profile) => {
        const by = await client();
        const { pem, url } = await issue(by, [`${profile}.fleet.test`], { profile });
        const { root, alternateRoot } = sandbox.running.files;
        const main = await writeChain(profile, pem);
        const alternate = await writeChain(`${profile}-alternate`, (await by.get(`${url}/1`)).text);
        const verify = (ca: string, { leaf, chain }: typeof main): Promise<string> =>
          openssl(
            'verify',
            '-x509_strict',
            '-purpose',
            'sslserver',
            '-verify_hostname',
            `${profile}.fleet.test`,
            '-CAfile',
            ca,
            '-untrusted',
            chain,
            leaf,
          );
        expect(await verify(root, main)).toContain('OK');
        expect(await verify(alternateRoot, alternate)).toContain('OK');
        const { code } = await runProgram(program('openssl'), [
          'verify',
          '-CAfile',
          alternateRoot,
          '-untrusted',
          main.chain,
          main.leaf,
        ]);
        expect(code).not.toBe(0);
      },
    );

    it('says with openssl’s words what is in a certificate', async () => {
      const { pem } = await issue(await client(), ['text.fleet.test']);
      const { leaf } = await writeChain('text', pem);
      const text = await openssl('x509', '-noout', '-text', '-in', leaf);
      expect(text).toMatch(/X509v3 Key Usage: critical\s+Digital Signature\n/);
      expect(text).toMatch(/X509v3 Extended Key Usage:\s+TLS Web Server Authentication\n/);
      expect(text).toMatch(/X509v3 Basic Constraints: critical\s+CA:FALSE/);
      expect(text).toContain('X509v3 Authority Key Identifier');
      expect(text).toContain('DNS:text.fleet.test');
      expect(text).not.toContain('Client Authentication');
      expect(text).not.toContain('Negative');
    });

    it('a revoked certificate is on the revocation list, with its reason', async () => {
      const by = await client();
      const { pem, der } = await issue(by, ['revoked.fleet.test']);
      const { leaf, chain } = await writeChain('revoked', pem);
      const fetchCrl = async (): Promise<string> => {
        const { body } = await send({ target: '/crl/intermediate.crl' });
        await writeFile(file('crl.der'), Buffer.from(String(body), 'latin1'));
        return openssl('crl', '-inform', 'DER', '-in', file('crl.der'), '-out', file('crl.pem'), '-text');
      };
      const check = (): ReturnType<typeof runProgram> =>
        runProgram(program('openssl'), [
          'verify',
          '-crl_check',
          '-CRLfile',
          file('crl.pem'),
          '-CAfile',
          sandbox.running.files.root,
          '-untrusted',
          chain,
          leaf,
        ]);
      await fetchCrl();
      expect((await check()).output).toContain('OK');
      expect((await by.post('/acme/revoke-cert', { certificate: base64url(der), reason: 4 })).status).toBe(200);
      await fetchCrl();
      expect((await check()).output).toContain('certificate revoked');
      expect(await openssl('crl', '-in', file('crl.pem'), '-noout', '-text')).toContain('Superseded');
    });

    it('curl trusts the listener by its TLS root, by address and by name', async () => {
      const { port } = new URL(sandbox.running.directoryUrl);
      const { tlsRoot, root } = sandbox.running.files;
      for (const host of ['127.0.0.1', 'localhost']) {
        const url = `https://${host}:${port}/directory`;
        expect(await runOrThrow(program('curl'), ['-sS4', '--cacert', tlsRoot, url])).toContain('newOrder');
      }
      const { code } = await runProgram(program('curl'), ['-sS', '--cacert', root, sandbox.running.directoryUrl]);
      expect(code).toBe(60);
    });
  });
});

describe('operators', () => {
  beforeEach(() => open({ limits: { consecutiveFailedAuthorizations: { burst: 1, count: 1, periodSeconds: 1e6 } } }));
  afterEach(close);

  it('move renewal windows, by serial or ARI identifier', async () => {
    const by = await client();
    const { url } = await issue(by, ['a.fleet.test']);
    const serial = url.split('/').at(-1) ?? '';
    const certificate = await sandbox.store.certificates.find(serial);
    const target = `/acme/renewal-info/${certificate?.certId ?? ''}`;
    const window = { start: new Date('2026-01-01T00:00:00Z'), end: new Date('2026-01-02T00:00:00Z') };
    const shown = async (): Promise<unknown> => JSON.parse(String((await send({ target })).body));

    const computed = await shown();
    await sandbox.ca.setRenewalWindow(serial.toUpperCase(), { ...window, explanationUrl: 'https://why.test' });
    expect(await shown()).toEqual({
      suggestedWindow: { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' },
      explanationURL: 'https://why.test',
    });
    await sandbox.ca.setRenewalWindow(certificate?.certId ?? '', undefined);
    expect(await shown()).toEqual(computed);
    await expect(sandbox.ca.setRenewalWindow('c0ffee', window)).rejects.toThrow('no certificate');
    await expect(sandbox.ca.setRenewalWindow(serial, { start: window.end, end: window.end })).rejects.toThrow(
      'ends after',
    );
  });

  it('find Pebble’s management pages where they asked for them', async () => {
    const by = await client();
    const { pem, url, der } = await issue(by, ['a.fleet.test']);
    const serial = url.split('/').at(-1) ?? '';
    expect((await send({ target: '/roots/0' })).status).toBe(404);
    await close();
    await open({ management: true }, sandbox.store);

    const get = async (target: string): Promise<string> => String((await send({ target })).body);
    const roots = await Promise.all(['/roots/0', '/roots/1', '/intermediates/0', '/intermediates/1'].map(get));
    expect(new Set(roots.map((text) => new X509Certificate(text).serialNumber)).size).toBe(4);
    expect((await send({ target: '/roots/2' })).status).toBe(404);
    expect(JSON.parse(await get(`/cert-status-by-serial/${serial.toUpperCase()}`))).toMatchObject({
      Serial: serial,
      Status: 'Valid',
    });
    expect((await send({ target: '/cert-status-by-serial/00' })).status).toBe(404);

    const window = { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' };
    const setWindow = (ariResponse: unknown): ReturnType<typeof send> =>
      send({
        method: 'POST',
        target: '/set-renewal-info/',
        body: Buffer.from(JSON.stringify({ certificate: pem, ariResponse: JSON.stringify(ariResponse) })),
      });
    expect((await setWindow({ suggestedWindow: window })).status).toBe(200);
    const { certId = '' } = (await sandbox.store.certificates.find(serial)) ?? {};
    expect(JSON.parse(await get(`/acme/renewal-info/${certId}`))).toEqual({ suggestedWindow: window });
    for (const wrong of [{}, { suggestedWindow: { start: window.end, end: window.start } }, 'x']) {
      expect((await setWindow(wrong)).status).toBe(400);
    }

    const same = await newClient();
    same.key = by.key;
    await same.register();
    expect((await same.post('/acme/revoke-cert', { certificate: base64url(der), reason: 5 })).status).toBe(200);
    expect(JSON.parse(await get(`/cert-status-by-serial/${serial}`))).toMatchObject({ Status: 'Revoked', Reason: 5 });
  });

  it('end a pause', async () => {
    const by = await client();
    for (let round = 0; round < 2; round += 1) {
      const order = await by.order(['a.fleet.test']);
      await by.solve(order, () => settled(by, String(order.headers['location'])));
    }
    expect((await by.order(['a.fleet.test'])).status).toBe(429);
    expect(await sandbox.ca.unpause(by.accountUrl)).toBe(1);
    expect((await by.order(['a.fleet.test'])).status).toBe(201);
  });
});

describe('start and stop', () => {
  it('keeps accounts, keys and roots over a restart, also on another port', async () => {
    await open();
    const { store, dns, running } = sandbox;
    const by = await client();
    const rootPem = await readFile(running.files.root, 'utf8');
    await sandbox.ca.stop();

    const again = new SandboxCa(store, new SystemClock(), SILENT_LOG);
    const restarted = await again.start({
      listen: { address: '127.0.0.1', port: 0 },
      dataDirectory: join(sandbox.directory, 'data'),
      dnsAddress: dns.address,
    });
    expect(restarted.made).toBe(false);
    expect(await readFile(restarted.files.root, 'utf8')).toBe(rootPem);
    (sandbox as { running: typeof restarted }).running = restarted;
    const same = await newClient();
    same.key = by.key;
    expect((await same.register({ onlyReturnExisting: true })).status).toBe(200);
    expect(same.accountUrl.split('/').at(-1)).toBe(by.accountUrl.split('/').at(-1));
    await again.stop();
    await close();
  });

  it('rejects when the port is taken, and can be started on another one', async () => {
    await open();
    const { port } = new URL(sandbox.running.directoryUrl);
    const second = new SandboxCa(new MemoryAcmeStore(), new SystemClock(), SILENT_LOG);
    const start = { dataDirectory: join(sandbox.directory, 'second'), dnsAddress: sandbox.dns.address };
    await expect(second.start({ ...start, listen: { address: '127.0.0.1', port: Number(port) } })).rejects.toThrow(
      'EADDRINUSE',
    );
    const running = await second.start({ ...start, listen: { address: '127.0.0.1', port: 0 } });
    expect(running.made).toBe(false);
    await expect(second.start({ ...start, listen: { address: '127.0.0.1', port: 0 } })).rejects.toThrow(
      'running already',
    );
    await second.stop();
    await second.stop();
    await close();
  });

  it('finishes validations that run when it is stopped', async () => {
    await open();
    const by = await client();
    sandbox.dns.faults = { ignore: 1 };
    const order = await by.order(['a.fleet.test']);
    const [url] = order.json['authorizations'] as string[];
    const [challenge] = (await by.get(url ?? '')).json['challenges'] as { url: string }[];
    await by.post(challenge?.url ?? '', {});
    await sandbox.ca.stop();
    const authorization = await sandbox.store.authorizations.find(url?.split('/').at(-1) ?? '');
    expect(authorization?.status).toBe('invalid');
    await close();
  });

  it('shows a processing order where signing takes a while', async () => {
    await open({ signingDelaySeconds: 1 });
    const by = await client();
    await expect(issue(by, ['a.fleet.test'])).rejects.toThrow('"status": "processing"');
    const [orderUrl] = (await by.get(`${by.accountUrl}/orders`)).json['orders'] as string[];
    expect(await by.get(orderUrl ?? '')).toMatchObject({
      json: { status: 'processing' },
      headers: { 'retry-after': '1' },
    });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await by.get(orderUrl ?? '')).json['status']).toBe('valid');
    await close();
  });

  it('uses a public URL of its own, and is in the certificate by that name', async () => {
    await open({ publicUrl: 'https://ca.fleet.test:1234/acme-ca' });
    expect(sandbox.running.directoryUrl).toBe('https://ca.fleet.test:1234/acme-ca/directory');
    const pem = await readFile(join(sandbox.directory, 'data', 'sandbox-ca', 'ca-tls-server.pem'), 'utf8');
    const certificate = new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')));
    expect(certificate.subjectAltName).toContain('DNS:ca.fleet.test');
    await close();
  });
});
