import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { AcmeConfig } from './app-config.js';
import { ConfigurationError, type Environment } from './environment.js';
import { readConfig } from './read-config.js';

const HMAC = Buffer.alloc(32, 9).toString('base64url');
const SECOND = { name: 'Second', directory: 'https://second.example/dir' };

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'fleetcert-cas-'))));
afterEach(() => rmSync(directory, { recursive: true }));

function acmeOf(content: unknown, environment: Environment = {}): AcmeConfig {
  writeFileSync(join(directory, 'cas.json'), typeof content === 'string' ? content : JSON.stringify(content));
  return readConfig({ FLEETCERT_ACME_CAS: 'cas.json', ...environment }, directory).acme;
}

function problemsOf(content: unknown, environment: Environment = {}): string {
  try {
    acmeOf(content, environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return '';
}

describe('FLEETCERT_ACME_CAS', () => {
  it('adds CAs after the first one, each with all that it needs', () => {
    writeFileSync(join(directory, 'root.pem'), '-----BEGIN CERTIFICATE-----\n');
    writeFileSync(join(directory, 'second.hmac'), `${HMAC}\n`);
    writeFileSync(join(directory, 'second.json'), '{}');
    const acme = acmeOf(
      {
        fallbackAfter: '45m',
        newDeviceWait: '14d',
        first: { name: 'First', staging: { directory: 'https://staging.example/dir' } },
        others: [
          {
            ...SECOND,
            caFile: 'root.pem',
            contact: 'ops@example.com',
            eab: { kid: 'kid-1', hmacKeyFile: 'second.hmac' },
            profile: 'tlsserver',
            limits: 'second.json',
            caa: ['second.example'],
          },
          { name: 'Third', directory: 'https://third.example/dir', eab: { kid: 'k', hmacKeyEnv: 'THIRD_HMAC' } },
        ],
      },
      { THIRD_HMAC: HMAC },
    );
    expect(acme).toMatchObject({
      directoryUrl: 'https://127.0.0.1:14000/directory',
      name: 'First',
      fallback: { afterSeconds: 2700, newDeviceWaitSeconds: 1_209_600 },
      staging: { name: 'First (staging)', directoryUrl: 'https://staging.example/dir', limits: 'none' },
      others: [
        {
          name: 'Second',
          directoryUrl: 'https://second.example/dir',
          caFile: join(directory, 'root.pem'),
          contact: 'ops@example.com',
          externalAccount: { kid: 'kid-1', hmacKey: HMAC },
          profile: 'tlsserver',
          limits: join(directory, 'second.json'),
          caaIdentities: ['second.example'],
        },
        { name: 'Third', externalAccount: { kid: 'k', hmacKey: HMAC }, limits: 'none' },
      ],
    });
  });

  it("knows Let's Encrypt's limits by its directories, and waits half an hour where nothing else is said", () => {
    const acme = acmeOf({
      others: [
        {
          name: "Let's Encrypt",
          directory: 'https://acme-v02.api.letsencrypt.org/directory',
          staging: { directory: 'https://acme-staging-v02.api.letsencrypt.org/directory' },
        },
      ],
    });
    expect(acme.others![0]).toMatchObject({ limits: 'letsencrypt', staging: { limits: 'letsencrypt-staging' } });
    expect(acme.fallback).toEqual({ afterSeconds: 1800 });
  });

  it('names every wrong field at once', () => {
    const problems = problemsOf({
      fallbackAfter: 'soon',
      first: { contact: 'x' },
      others: [
        { directory: 'http://plain.example', limits: 'nowhere.json', caa: 'second.example', eab: { kid: 'k' } },
        { ...SECOND, caFile: 'nowhere.pem', staging: { name: 'S', staging: {} } },
        'x',
      ],
    });
    for (const field of [
      'fallbackAfter: expected a duration',
      'first.contact: unknown',
      'others[0].name: needed',
      'others[0].directory: expected the https URL',
      'others[0].limits: expected letsencrypt',
      'others[0].caa: expected an array',
      'others[0].eab: expected either hmacKeyFile',
      'others[1].caFile: expected the path of a readable PEM file',
      'others[1].staging.directory: needed',
      'others[1].staging.staging: unknown',
      'others[2]: expected an object',
    ]) {
      expect(problems).toContain(field);
    }
  });

  it('never prints a key', () => {
    writeFileSync(join(directory, 'bad.hmac'), 'hunter2');
    const problems = problemsOf(
      {
        others: [
          { ...SECOND, eab: { kid: 'k', hmacKeyFile: 'bad.hmac' } },
          { name: 'Third', directory: 'https://third.example/', eab: { kid: 'k', hmacKeyEnv: 'THIRD_HMAC' } },
        ],
      },
      { THIRD_HMAC: 'swordfish' },
    );
    expect(problems).toContain('others[0].eab.hmacKeyFile: expected to find');
    expect(problems).toContain('others[1].eab.hmacKeyEnv: expected to find');
    expect(problems).not.toMatch(/hunter2|swordfish/);
  });

  it('refuses a directory or a name that stands twice', () => {
    const twice = { ...SECOND, directory: 'https://127.0.0.1:14000/directory' };
    expect(problemsOf({ others: [twice] })).toContain('expected each directory once');
    expect(problemsOf({ others: [SECOND, { ...SECOND, directory: 'https://third.example/' }] })).toContain(
      'a name of its own',
    );
  });

  it.each([
    ['is not there', undefined],
    ['is not JSON', '{'],
    ['is no object', '[]'],
  ])('refuses a file that %s', (_title, content) => {
    const problems = content === undefined ? problemsOf({}, { FLEETCERT_ACME_CAS: 'other.json' }) : problemsOf(content);
    expect(problems).toContain('FLEETCERT_ACME_CAS: expected');
  });
});
