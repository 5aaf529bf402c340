import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Console } from '../../../src/cli/console.js';
import { Screen } from '../../../src/cli/screen.js';
import { PROJECT_ROOT } from '../../../src/platform/project-root.js';
import { KeptOutput } from './run.js';

let server: Server;
let child: ChildProcess | undefined;
let asked: number;
/** Which of the questions is answered 503. */
let away: number | undefined;

beforeEach(async () => {
  asked = 0;
  away = undefined;
  server = createServer((_request, response) => {
    asked += 1;
    const isAway = asked === away;
    response.writeHead(isAway ? 503 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isAway ? { detail: 'The database is away.' } : fleetOf(asked)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  child = undefined;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const fleetOf = (total: number) => ({
  serverTime: '2026-11-02T11:02:14.000Z',
  devices: { total, active: total, suspended: 0, cloneSuspected: 0 },
  certificates: { ok: total, renewing: 0, 'at-risk': 0, expired: 0, none: 0, failing: 0 },
  soonestExpiries: [],
  failures: [],
  queue: { queued: 0, issuing: 0, deferred: 0, reasons: [] },
  buckets: [],
  zones: [],
});

/** `fleetcert fleet status --watch` in a process of its own. */
function watching(...words: string[]): { out: () => string; err: () => string; ended: Promise<number | null> } {
  const main = join(PROJECT_ROOT, 'src', 'cli', 'main.ts');
  const hook = pathToFileURL(join(PROJECT_ROOT, 'scripts', 'ts-hook.mjs')).href;
  const { port } = server.address() as AddressInfo;
  const started = spawn(process.execPath, ['--import', hook, main, 'fleet', 'status', '--watch', '0.05', ...words], {
    env: { ...process.env, FLEETCERT_URL: `http://127.0.0.1:${port}`, FLEETCERT_TOKEN: 'fco_x' },
  });
  child = started;
  let [out, err] = ['', ''];
  started.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  started.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => started.once('close', resolve));
  return { out: () => out, err: () => err, ended };
}

describe('fleet status --watch', () => {
  it('prints it anew without a terminal, over a server that is away for a while, until Ctrl-C', async () => {
    away = 2;
    const { out, err, ended } = watching();
    await expect.poll(out, { timeout: 20_000 }).toContain('4 devices');
    expect(out()).toContain('1 device ');
    expect(out()).toContain('\nThe database is away.\n');
    child!.kill('SIGINT');
    expect(await ended).toBe(0);
    expect([err(), out().includes('\u001b')]).toEqual(['', false]);
  });

  it('prints a line of JSON each time', async () => {
    const { out, ended } = watching('--json');
    await expect.poll(() => out().split('\n').length, { timeout: 20_000 }).toBeGreaterThan(3);
    child!.kill('SIGINT');
    expect(await ended).toBe(0);
    const lines = out().trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { devices: { total: number } }).devices.total)).toEqual(
      lines.map((_, index) => index + 1),
    );
  });

  it('ends when the first answer is an error', async () => {
    away = 1;
    const { out, err, ended } = watching();
    expect(await ended).toBe(75);
    expect([out(), err()]).toEqual(['', 'The database is away.\n']);
  });
});

describe('Screen', () => {
  it('writes over what was there on a terminal, and cuts what does not fit', () => {
    const out = new KeptOutput(true, 80, 4);
    const screen = new Screen(new Console({}, out, out));
    screen.show('a\nb');
    screen.show('1\n2\n3\n4\n5');
    expect(out.text).toBe(
      '\u001b[2J\u001b[Ha\u001b[K\nb\u001b[K\n\u001b[J\u001b[H1\u001b[K\n2\u001b[K\n…\u001b[K\n\u001b[J',
    );
  });
});
