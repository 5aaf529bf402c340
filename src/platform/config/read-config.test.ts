import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { ConfigurationError, readEnvironment, type Environment } from './environment.js';
import { readConfig } from './read-config.js';

const production: Environment = {
  DATABASE_URL: 'postgres://fleetcert:hunter2@db.example.com/fleetcert',
  FLEETCERT_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
  FLEETCERT_ACME_DIRECTORY: 'https://acme-v02.api.letsencrypt.org/directory',
  FLEETCERT_ZONES: 'd.example.com',
  FLEETCERT_NAMESERVERS: 'ns1.d.example.com=192.0.2.53+2001:db8::53,ns.example.net',
};

function problemsOf(environment: Environment): string {
  try {
    readConfig(environment, '/srv');
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return '';
}

describe('readConfig', () => {
  it('describes the sandbox when nothing is set', () => {
    const config = readConfig({}, '/srv');
    expect(config.sandbox).toEqual({
      caListen: { address: '127.0.0.1', port: 14000 },
      caSettingsFile: undefined,
      devices: 3,
    });
    expect(config.dns.zones).toEqual(['fleet.test']);
    expect(config.dns.listen).toEqual([{ address: '127.0.0.1', port: 5353 }]);
    expect(config.dns.nameServers).toEqual([{ name: 'ns1.fleet.test', addresses: ['127.0.0.1'] }]);
    expect(config.http.listen).toEqual({ address: '127.0.0.1', port: 8080 });
    expect(config.acme.directoryUrl).toBe('https://127.0.0.1:14000/directory');
    expect(config.dataDirectory).toBe('/srv/data');
  });

  it('reads a production configuration', () => {
    const config = readConfig(production, '/srv');
    expect(config.sandbox).toBeUndefined();
    expect(config.acme.limits).toBe('letsencrypt');
    expect(config.dns.nameServers).toEqual([
      { name: 'ns1.d.example.com', addresses: ['192.0.2.53', '2001:db8::53'] },
      { name: 'ns.example.net', addresses: [] },
    ]);
    expect(config.dns.listen).toEqual([
      { address: '0.0.0.0', port: 53 },
      { address: '::', port: 53 },
    ]);
    expect(config.addressPolicy.name).toBe('private');
  });

  it('takes an empty variable for an unset one', () => {
    expect(readConfig({ FLEETCERT_ZONES: ' ', DATABASE_URL: '' }, '/srv').dns.zones).toEqual(['fleet.test']);
  });

  it('lets the environment win over .env', () => {
    const directory = mkdtempSync(join(tmpdir(), 'fleetcert-config-'));
    writeFileSync(join(directory, '.env'), 'FLEETCERT_ZONES=a.test\nFLEETCERT_HOSTMASTER=dns@a.test\n');
    const config = readConfig(readEnvironment({ FLEETCERT_ZONES: 'b.test' }, directory), directory);
    expect(config.dns.zones).toEqual(['b.test']);
    expect(config.dns.hostmaster).toBe('dns@a.test');
  });

  it('names every wrong variable at once, each with what was expected', () => {
    const message = problemsOf({
      FLEETCERT_ZONES: 'not a zone',
      FLEETCERT_HTTP_LISTEN: '8080',
      FLEETCERT_DNS_LISTEN: '127.0.0.1:99999',
      FLEETCERT_ADDRESS_POLICY: '10.0.0.0/33',
      FLEETCERT_SANDBOX_DEVICES: 'many',
      FLEETCERT_ACME_CA_FILE: '/nowhere.pem',
    });
    for (const name of ['ZONES', 'HTTP_LISTEN', 'DNS_LISTEN', 'ADDRESS_POLICY', 'SANDBOX_DEVICES', 'ACME_CA_FILE']) {
      expect(message).toMatch(new RegExp(`FLEETCERT_${name}: expected .+; got`));
    }
  });

  it.each([
    ['FLEETCERT_SECRET_KEY', 'c2hvcnQ='],
    ['DATABASE_URL', 'mysql://root:hunter2@db/x'],
    ['FLEETCERT_ADMIN_TOKEN', 'pass wd'],
    ['FLEETCERT_ACME_EAB_HMAC_KEY', 'not/base64url'],
    ['FLEETCERT_SMTP_URL', 'http://mail:hunter2@x'],
  ])('names a wrong %s without its value', (name, value) => {
    const message = problemsOf({ [name]: value });
    expect(message).toContain(`${name}: expected`);
    expect(message).not.toContain(value);
    expect(message).not.toContain('hunter2');
  });

  it.each([
    ['FLEETCERT_ZONES', { ...production, FLEETCERT_ZONES: undefined }],
    ['FLEETCERT_NAMESERVERS', { ...production, FLEETCERT_NAMESERVERS: undefined }],
    ['FLEETCERT_SECRET_KEY', { ...production, FLEETCERT_SECRET_KEY: undefined }],
    ['FLEETCERT_ACME_EAB_HMAC_KEY', { ...production, FLEETCERT_ACME_EAB_KID: 'kid-1' }],
    ['FLEETCERT_MAIL_TO', { FLEETCERT_SMTP_URL: 'smtp://localhost', FLEETCERT_MAIL_FROM: 'a@example.com' }],
  ])('says that %s is missing', (name, environment) => {
    expect(problemsOf(environment)).toMatch(new RegExp(`${name}: needed`));
  });

  it('refuses zones inside one another, and a name server in a zone without an address', () => {
    expect(problemsOf({ FLEETCERT_ZONES: 'fleet.test,a.fleet.test' })).toContain('FLEETCERT_ZONES');
    expect(problemsOf({ FLEETCERT_NAMESERVERS: 'ns1.fleet.test' })).toContain('glue');
  });

  it('wants an address or port of its own for HTTPS', () => {
    const both = { FLEETCERT_HTTP_LISTEN: '[::]:8080', FLEETCERT_HTTPS_LISTEN: '[::]:8080' };
    expect(problemsOf(both)).toContain('FLEETCERT_HTTPS_LISTEN: expected another address or port');
    expect(problemsOf({ ...both, FLEETCERT_HTTPS_LISTEN: '[::]:8443' })).toBe('');
  });
});
