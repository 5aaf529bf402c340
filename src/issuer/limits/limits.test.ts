import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { AppConfig } from '../../platform/config/app-config.js';
import { ConfigurationError } from '../../platform/config/environment.js';
import { readConfig } from '../../platform/config/read-config.js';
import { BUILTIN_PROFILES } from '../domain/limits/builtin-profiles.js';
import { caLimitsOf, limitProfileOf } from './limits.module.js';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'fleetcert-limits-'))));
afterEach(() => rmSync(directory, { recursive: true }));

function file(content: unknown): string {
  const path = join(directory, 'file.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
}

function configOf(environment: Record<string, string>): AppConfig {
  return readConfig(environment, directory);
}

describe('the limits of the configured CA', () => {
  it("are Let's Encrypt's in the sandbox, whose CA enforces them", () => {
    const profile = limitProfileOf(configOf({}));
    expect(profile.limits).toEqual(BUILTIN_PROFILES.letsencrypt.limits);
    expect(profile.exemptions).toEqual(BUILTIN_PROFILES.letsencrypt.exemptions);
  });

  it('follow the settings of the sandbox CA: off, speeded up, or other numbers', () => {
    const settings = (content: unknown) =>
      limitProfileOf(configOf({ FLEETCERT_SANDBOX_CA_SETTINGS: file(content) })).limits;
    expect(settings({ limits: 'off' })).toEqual(BUILTIN_PROFILES.none.limits);
    expect(settings({ limitSpeedUp: 1000 })['new-orders']).toEqual({ burst: 300, count: 300, periodSeconds: 10.8 });
    const values = { burst: 7, count: 14, periodSeconds: 60 };
    const mixed = settings({
      limits: { certificatesPerDomain: values, newOrdersPerAccount: 'off' },
      limitSpeedUp: 2,
    });
    expect(mixed['certificates-per-domain']).toEqual({ ...values, periodSeconds: 30 });
    expect(mixed['new-orders']).toBeNull();
    expect(mixed['certificates-per-exact-set']).toMatchObject({ burst: 5, periodSeconds: 302_400 });
  });

  it('are what is named, also in the sandbox', () => {
    expect(limitProfileOf(configOf({ FLEETCERT_ACME_LIMITS: 'none' }))).toBe(BUILTIN_PROFILES.none);
    const path = file({ name: 'ours', limits: { 'new-orders': { count: 9, period: '1d' } } });
    expect(limitProfileOf(configOf({ FLEETCERT_ACME_LIMITS: path }))).toMatchObject({
      name: 'ours',
      limits: { 'new-orders': { burst: 9, count: 9, periodSeconds: 86_400 } },
    });
  });

  it('refuse to start with a file that is wrong, and name its field', () => {
    const config = configOf({ FLEETCERT_ACME_LIMITS: file({ limits: { 'new-orders': { count: 0, period: '1d' } } }) });
    expect(() => limitProfileOf(config)).toThrow(ConfigurationError);
    expect(() => limitProfileOf(config)).toThrow(/FLEETCERT_ACME_LIMITS: .*limits\.new-orders\.count/);
  });
});

describe('the limits of several CAs', () => {
  const cas = (limits: string) => ({
    first: { staging: { directory: 'https://staging.example/', limits: 'letsencrypt-staging' } },
    others: [{ name: 'Second', directory: 'https://second.example/', limits }],
  });

  it('are each its own, by the directory', () => {
    const path = join(directory, 'cas.json');
    writeFileSync(path, JSON.stringify(cas('letsencrypt')));
    const limits = caLimitsOf(configOf({ FLEETCERT_ACME_CAS: path }));
    expect([...limits].map(([url, { name }]) => [url, name])).toEqual([
      ['https://127.0.0.1:14000/directory', 'sandbox'],
      ['https://staging.example/', 'letsencrypt-staging'],
      ['https://second.example/', 'letsencrypt'],
    ]);
  });

  it('refuse to start with a file that is wrong, and name its CA and its field', () => {
    const path = join(directory, 'cas.json');
    writeFileSync(path, JSON.stringify(cas(file({ limits: { 'new-orders': { count: 0, period: '1d' } } }))));
    const config = configOf({ FLEETCERT_ACME_CAS: path });
    expect(() => caLimitsOf(config)).toThrow(ConfigurationError);
    expect(() => caLimitsOf(config)).toThrow(/FLEETCERT_ACME_CAS: the limits of Second: .*limits\.new-orders\.count/);
  });
});
