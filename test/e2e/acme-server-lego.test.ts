import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { PostgresAcmeStore } from '../../src/acme-server/store/postgres/postgres-acme-store.js';
import { withDatabase } from '../support/database.js';
import { describeWithPeers, program } from '../support/peers.js';
import { runOrThrow, runProgram, type ProgramResult } from '../integration/acme-server/support/run-program.js';
import { RunningSandbox } from '../integration/acme-server/support/running-sandbox.js';

const NAME = 'lego.fleet.test';

describeWithPeers(['lego', 'curl', 'openssl'], 'lego, as Debian has it, at the sandbox CA', () => {
  const database = withDatabase();
  let sandbox: RunningSandbox;
  const servers: Server[] = [];

  beforeAll(async () => {
    sandbox = await RunningSandbox.start(
      { nonceRejectionPercent: 5, externalAccounts: { 'kid-1': Buffer.alloc(32, 5).toString('base64url') } },
      new PostgresAcmeStore(database.dataSource, 'sandbox-ca'),
    );
  });
  afterAll(async () => {
    for (const server of servers) server.close();
    await sandbox.stop();
  });

  function lego(home: string, ...args: string[]): Promise<ProgramResult> {
    const common = [
      ['--server', sandbox.running.directoryUrl],
      ['--path', join(sandbox.directory, home)],
      ['--email', 'ops@fleet.test', '--accept-tos'],
      ['--dns', 'httpreq', '--dns.disable-cp', '--dns.resolvers', `127.0.0.1:${sandbox.dns.address.port}`],
    ];
    return runProgram(program('lego'), [...common.flat(), ...args], {
      env: { LEGO_CA_CERTIFICATES: sandbox.running.files.tlsRoot, HTTPREQ_ENDPOINT: sandbox.hookUrl },
    });
  }

  function file(home: string, name: string): string {
    return join(sandbox.directory, home, 'certificates', name);
  }

  async function certificate(home: string, name: string): Promise<X509Certificate> {
    return new X509Certificate(await readFile(file(home, `${name}.crt`)));
  }

  it('gets a certificate for a name and its wildcard', async () => {
    const { code, output } = await lego('lego', '--domains', NAME, '--domains', `*.${NAME}`, 'run');
    expect(output).toContain('Server responded with a certificate');
    expect(code).toBe(0);
    expect((await certificate('lego', NAME)).subjectAltName).toBe(`DNS:*.${NAME}, DNS:${NAME}`);
  });

  it('serves TLS with it, and curl verifies by the root', async () => {
    const server = createServer(
      { key: await readFile(file('lego', `${NAME}.key`)), cert: await readFile(file('lego', `${NAME}.crt`)) },
      (_, response) => response.end('it is me\n'),
    );
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    for (const host of [NAME, `any.${NAME}`]) {
      const resolve = `${host}:${port}:127.0.0.1`;
      const args = ['-sS', '--cacert', sandbox.running.files.root, '--resolve', resolve, `https://${host}:${port}/`];
      expect(await runOrThrow(program('curl'), args)).toBe('it is me\n');
    }
  });

  it('renews it', async () => {
    const before = await certificate('lego', NAME);
    const args = ['--domains', NAME, '--domains', `*.${NAME}`, 'renew', '--days', '1000', '--no-random-sleep'];
    const { code, output } = await lego('lego', ...args);
    expect(output).toContain('Server responded with a certificate');
    expect(code).toBe(0);
    expect((await certificate('lego', NAME)).serialNumber).not.toBe(before.serialNumber);
  });

  it('revokes it', async () => {
    const serial = (await certificate('lego', NAME)).serialNumber.toLowerCase();
    expect((await lego('lego', '--domains', NAME, 'revoke')).code).toBe(0);
    expect((await sandbox.store.certificates.find(serial))?.revoked).toBeDefined();
  });

  it('binds an external account', async () => {
    const hmac = Buffer.alloc(32, 5).toString('base64url');
    const args = ['--domains', 'eab.fleet.test', '--eab', '--kid', 'kid-1', '--hmac', hmac, 'run'];
    expect((await lego('lego-eab', ...args)).code).toBe(0);
    const wrong = await lego('lego-wrong', ...args.slice(0, -2), Buffer.alloc(32, 6).toString('base64url'), 'run');
    expect(wrong.code).not.toBe(0);
    expect(wrong.output).toContain('urn:ietf:params:acme:error:unauthorized');
  });

  it('takes the other chain when that is preferred', async () => {
    const args = ['--domains', 'chain.fleet.test', 'run', '--preferred-chain', 'fleetcert sandbox alternate root'];
    expect((await lego('lego-chain', ...args)).code).toBe(0);
    const args2 = ['verify', '-x509_strict', '-CAfile', sandbox.running.files.alternateRoot];
    const bundle = file('lego-chain', 'chain.fleet.test.crt');
    expect(await runOrThrow(program('openssl'), [...args2, '-untrusted', bundle, bundle])).toContain('OK');
  });

  it('gets one with an RSA key', async () => {
    const args = ['--domains', 'rsa.fleet.test', '--key-type', 'rsa2048', 'run'];
    expect((await lego('lego-rsa', ...args)).code).toBe(0);
    const { publicKey } = await certificate('lego-rsa', 'rsa.fleet.test');
    expect(publicKey.asymmetricKeyType).toBe('rsa');
  });

  it('is told why a name was not validated', async () => {
    sandbox.dns.set('fleet.test', { type: 'CAA', tag: 'issue', value: 'other-ca.test' });
    const { code, output } = await lego('lego', '--domains', 'caa.fleet.test', 'run');
    sandbox.dns.records.delete('fleet.test');
    expect(code).not.toBe(0);
    expect(output).toContain('CAA record for fleet.test prevents issuance');
  });

  it('has left nothing in the zone, and no error at the CA', () => {
    expect([...sandbox.dns.records.keys()]).toEqual([]);
    expect(sandbox.errors).toEqual([]);
  });
});
