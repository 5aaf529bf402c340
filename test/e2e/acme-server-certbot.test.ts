import { X509Certificate } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { PostgresAcmeStore } from '../../src/acme-server/store/postgres/postgres-acme-store.js';
import { withDatabase } from '../support/database.js';
import { describeWithPeers, program } from '../support/peers.js';
import { runProgram, type ProgramResult } from '../integration/acme-server/support/run-program.js';
import { RunningSandbox } from '../integration/acme-server/support/running-sandbox.js';

const NAME = 'certbot.fleet.test';

describeWithPeers(['certbot', 'curl'], 'certbot, as Debian has it, at the sandbox CA', () => {
  const database = withDatabase();
  let sandbox: RunningSandbox;

  beforeAll(async () => {
    sandbox = await RunningSandbox.start(
      {
        // certbot repeats a request whose nonce was rejected once, and then gives up: chance would decide.
        nonceRejectionPercent: 0,
        signingDelaySeconds: 1,
        externalAccounts: { 'kid-1': Buffer.alloc(32, 5).toString('base64url') },
      },
      new PostgresAcmeStore(database.dataSource, 'sandbox-ca'),
    );
    for (const action of ['present', 'cleanup']) {
      const hook = join(sandbox.directory, `${action}.sh`);
      const body = `{"fqdn":"_acme-challenge.'"$CERTBOT_DOMAIN"'","value":"'"$CERTBOT_VALIDATION"'"}`;
      await writeFile(hook, `#!/bin/sh\nexec curl -fsS '${sandbox.hookUrl}/${action}' -d '${body}'\n`);
      await chmod(hook, 0o700);
    }
  });
  afterAll(() => sandbox.stop());

  function certbot(home: string, command: string, ...args: string[]): Promise<ProgramResult> {
    const directory = join(sandbox.directory, home);
    const common = ['--server', sandbox.running.directoryUrl, '--non-interactive'];
    const directories = ['config', 'work', 'logs'].flatMap((part) => [`--${part}-dir`, join(directory, part)]);
    return runProgram(program('certbot'), [command, ...common, ...directories, ...args], {
      env: { REQUESTS_CA_BUNDLE: sandbox.running.files.tlsRoot, HOME: directory },
    });
  }

  function obtain(home: string, ...args: string[]): Promise<ProgramResult> {
    const hook = (action: string): string => join(sandbox.directory, `${action}.sh`);
    const manual = ['--manual', '--preferred-challenges', 'dns', '--manual-auth-hook', hook('present')];
    const account = ['--agree-tos', '--email', 'ops@fleet.test', '--no-eff-email'];
    return certbot(home, 'certonly', ...manual, '--manual-cleanup-hook', hook('cleanup'), ...account, ...args);
  }

  function live(home: string, name: string, part: string): string {
    return join(sandbox.directory, home, 'config', 'live', name, `${part}.pem`);
  }

  async function certificate(home: string, name = NAME): Promise<X509Certificate> {
    return new X509Certificate(await readFile(live(home, name, 'cert')));
  }

  it('gets a certificate for a name and its wildcard, from an order that is processing for a while', async () => {
    const { code, output } = await obtain('certbot', '-d', NAME, '-d', `*.${NAME}`);
    expect(output).toContain('Successfully received certificate');
    expect(code).toBe(0);
    expect((await certificate('certbot')).subjectAltName).toBe(`DNS:*.${NAME}, DNS:${NAME}`);
    const chain = new X509Certificate(await readFile(live('certbot', NAME, 'chain')));
    expect((await certificate('certbot')).verify(chain.publicKey)).toBe(true);
    const root = new X509Certificate(await readFile(sandbox.running.files.root));
    expect(chain.verify(root.publicKey)).toBe(true);
  });

  it('renews it', async () => {
    const before = await certificate('certbot');
    const { code, output } = await certbot('certbot', 'renew', '--force-renewal', '--no-random-sleep-on-renew');
    expect(output).toContain('all renewals succeeded');
    expect(code).toBe(0);
    expect((await certificate('certbot')).serialNumber).not.toBe(before.serialNumber);
  });

  it('changes its account', async () => {
    const { code } = await certbot('certbot', 'update_account', '--email', 'new@fleet.test', '--no-eff-email');
    expect(code).toBe(0);
  });

  it('revokes it, by its account', async () => {
    const serial = (await certificate('certbot')).serialNumber.toLowerCase();
    const path = live('certbot', NAME, 'cert');
    const { code } = await certbot(
      'certbot',
      'revoke',
      '--cert-path',
      path,
      '--reason',
      'superseded',
      '--no-delete-after-revoke',
    );
    expect(code).toBe(0);
    expect((await sandbox.store.certificates.find(serial))?.revoked?.reason).toBe(4);
  });

  it('revokes by the certificate’s key, which is then refused', async () => {
    expect((await obtain('certbot', '-d', 'key.fleet.test')).code).toBe(0);
    const serial = (await certificate('certbot', 'key.fleet.test')).serialNumber.toLowerCase();
    const [cert, key] = ['cert', 'privkey'].map((part) => live('certbot', 'key.fleet.test', part));
    const args = [
      '--cert-path',
      cert ?? '',
      '--key-path',
      key ?? '',
      '--reason',
      'keycompromise',
      '--no-delete-after-revoke',
    ];
    expect((await certbot('certbot', 'revoke', ...args)).code).toBe(0);
    expect((await sandbox.store.certificates.find(serial))?.revoked?.reason).toBe(1);
    const reuse = await obtain('certbot', '-d', 'key.fleet.test', '--force-renewal', '--reuse-key');
    expect(reuse.code).not.toBe(0);
    // Debian's certbot stumbles over its own exception before it can print the detail (Python 3.11): it is in the log.
    const log = await readFile(join(sandbox.directory, 'certbot', 'logs', 'letsencrypt.log'), 'utf8');
    expect(log).toContain('reported as compromised');
  });

  it('deactivates its account', async () => {
    expect((await certbot('certbot', 'unregister')).code).toBe(0);
    expect((await certbot('certbot', 'renew', '--force-renewal', '--no-random-sleep-on-renew')).code).not.toBe(0);
  });

  it('binds an external account', async () => {
    const hmac = Buffer.alloc(32, 5).toString('base64url');
    const { code, output } = await obtain(
      'certbot-eab',
      '-d',
      'eab.fleet.test',
      '--eab-kid',
      'kid-1',
      '--eab-hmac-key',
      hmac,
    );
    expect(output).toContain('Successfully received certificate');
    expect(code).toBe(0);
  });

  it('has left nothing in the zone, and no error at the CA', () => {
    expect([...sandbox.dns.records.keys()]).toEqual([]);
    expect(sandbox.errors).toEqual([]);
  });
});
