import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { columns, resample, table } from './plan-chart.js';
import { parseLifetimes, parseOverride, parseZones } from './plan-options.js';
import { PLAN_EXIT, planCommand } from './plan.js';

class Exit extends Error {
  constructor(readonly status: unknown) {
    super(`exit ${String(status)}`);
  }
}

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fleetcert-plan-'));
  vi.spyOn(process, 'exit').mockImplementation((status) => {
    throw new Exit(status);
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true });
  process.exitCode = undefined;
});

/** What the command prints, its errors and its exit code. */
async function planWith(...words: string[]): Promise<{ out: string; errors: string; status: unknown }> {
  const printed: string[] = [];
  let errors = '';
  const command = planCommand((text) => printed.push(text)).configureOutput({ writeErr: (text) => (errors += text) });
  let status: unknown;
  try {
    await command.parseAsync(words, { from: 'user' });
    status = process.exitCode;
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    ({ status } = error);
  }
  return { out: printed.join('\n'), errors, status };
}

const SMALL = ['--devices', '120', '--days', '40', '--override', 'certificates-per-domain:example.com=100/7d'];

describe('fleetcert plan', () => {
  it('prints forecast, limits, what would help, the simulation and a chart', async () => {
    const { out, status } = await planWith(...SMALL);
    expect(status).toBe(PLAN_EXIT.kept);
    expect(out).toMatch(
      /The rollout ends after 1 d 16 h\. What binds: new certificates in a registered domain \(example\.com\)/,
    );
    expect(out).toMatch(/new-orders \(the account\) +0 +2,400 +0 %/);
    expect(out).toMatch(/Sooner would be\n {2}- /);
    expect(out).toMatch(/Orders refused by the CA +0\n/);
    expect(out).toMatch(/█.*\n.*devices with a valid certificate/);
  });

  it('prints the same as JSON, and the same again for the same seed', async () => {
    const { out } = await planWith(...SMALL, '--json');
    const { forecast, simulation, kept } = JSON.parse(out);
    expect(kept).toBe(true);
    expect(forecast).toMatchObject({ binding: { limit: 'certificates-per-domain', subject: 'example.com' } });
    expect(forecast.rolloutSeconds / 86_400).toBeCloseTo(1.68, 2);
    expect(simulation).toMatchObject({ seed: 1, refusals: 0, rolledOut: 120 });
    expect((await planWith(...SMALL, '--json')).out).toBe(out);
    expect((await planWith(...SMALL, '--json', '--seed', '2')).out).not.toBe(out);
  });

  it('forecasts alone', async () => {
    const { out } = await planWith('--devices', '90000', '--no-simulation', '--json');
    expect(Object.keys(JSON.parse(out))).toEqual(['forecast']);
  });

  it('says never where the renewals alone fill the limits', async () => {
    const file = join(directory, 'limits.json');
    writeFileSync(file, '{"extends":"letsencrypt","exemptions":{"ari":false,"sameNamesDays":0}}');
    const words = ['--devices', '9000', '--no-simulation', '--limits', file];
    expect((await planWith(...words)).out).toContain('The rollout never ends. What binds:');
    expect(JSON.parse((await planWith(...words, '--json')).out).forecast.rolloutSeconds).toBeNull();
  });

  it('exits 1 when a promise is broken', async () => {
    const file = join(directory, 'limits.json');
    writeFileSync(file, '{"limits":{"new-orders":{"count":1,"period":"2d"}}}');
    const { out, status } = await planWith('--devices', '60', '--established', '60', '--days', '80', '--limits', file);
    expect(out).toMatch(/Expired on a reachable device +\d\d/);
    expect(status).toBe(PLAN_EXIT.broken);
  });

  it.each([
    [[], /--devices/],
    [['--devices', 'many'], /whole number/],
    [['--devices', '0'], /one device or more/],
    [['--devices', '5', '--established', '6'], /established/],
    [['--devices', '5', '--lifetime', '45'], /lifetime/],
    [['--devices', '5', '--lifetime', '45d,64d'], /lifetime/],
    [['--devices', '5', '--zones', 'a..b'], /zones/],
    [['--devices', '5', '--override', 'new-orders=x'], /LIMIT\[:FOR\]/],
    [['--devices', '5', '--override', 'old-orders=5/1d'], /No such limit/],
    [['--devices', '5', '--override', 'certificates-per-domain:d.example.com=5/1d'], /under example\.com/],
    [['--devices', '5', '--colour'], /unknown option/],
  ])('exits 64 for %j and says what was expected', async (words, message) => {
    const { errors, status } = await planWith(...words);
    expect(errors).toMatch(message);
    expect(status).toBe(PLAN_EXIT.usage);
  });

  it('exits 78 for a file of limits that is wrong or not there', async () => {
    const file = join(directory, 'limits.json');
    writeFileSync(file, '{"limits":{"new-orders":{"count":0,"period":"1d"}}}');
    const wrong = await planWith('--devices', '5', '--limits', file);
    expect(wrong).toMatchObject({
      status: PLAN_EXIT.configuration,
      errors: expect.stringMatching(/limits\.new-orders\.count/),
    });
    const missing = await planWith('--devices', '5', '--limits', join(directory, 'none.json'));
    expect(missing).toMatchObject({ status: PLAN_EXIT.configuration, errors: expect.stringMatching(/no file/) });
  });
});

describe('options', () => {
  it('name zones, lifetimes and overrides', () => {
    expect(parseZones('D.example.com., d.example.org')).toEqual(['d.example.com', 'd.example.org']);
    expect(parseLifetimes('90d,64d@120')).toEqual([
      { fromDay: 0, seconds: 7_776_000 },
      { fromDay: 120, seconds: 5_529_600 },
    ]);
    const one = parseOverride('new-orders=600/3h');
    expect(parseOverride('certificates-per-domain:example.com=5/7d', one)).toEqual([
      { limit: 'new-orders', values: { burst: 600, count: 600, periodSeconds: 10_800 } },
      { limit: 'certificates-per-domain', for: 'example.com', values: { burst: 5, count: 5, periodSeconds: 604_800 } },
    ]);
  });
});

describe('the chart', () => {
  it('fills columns in eighths, and shows what is not nothing', () => {
    expect(columns([0, 1, 50, 100], 1, 100)).toEqual([' ▁▄█']);
    expect(columns([25, 75, 100], 2, 100)).toEqual([' ▄█', '▄██']);
    expect(columns([0, 0], 1, 0)).toEqual(['  ']);
  });

  it('keeps the peaks when there are more values than columns', () => {
    expect(resample([1, 2, 3], 5)).toEqual([1, 2, 3]);
    expect(resample([1, 9, 2, 3, 4, 0], 3)).toEqual([9, 3, 4]);
  });

  it('aligns a table', () => {
    expect(
      table([
        ['a', 'b'],
        ['long', '100'],
      ]),
    ).toBe('a       b\nlong  100');
  });
});
