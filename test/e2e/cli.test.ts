import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { PROJECT_ROOT } from '../../src/platform/project-root.js';
import { PROCESS_ADMIN_TOKEN, startServer, type ServerProcess } from '../support/server-process.js';

const BIN = join(PROJECT_ROOT, 'bin', 'fleetcert.mjs');

let server: ServerProcess;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The shipped command, as npm's bin starts it. */
async function shipped(words: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const { FLEETCERT_URL: _url, FLEETCERT_TOKEN: _token, ...rest } = process.env;
  return promisify(execFile)(process.execPath, [BIN, ...words], { env: { ...rest, ...environment } }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ended) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
  );
}

describe('the shipped command', () => {
  it('talks to the shipped server', async () => {
    const environment = { FLEETCERT_URL: server.url, FLEETCERT_TOKEN: PROCESS_ADMIN_TOKEN };
    const status = await shipped(['fleet', 'status'], environment);
    expect(status).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^Fleet {2}0 devices/) });
    const key = await shipped(['keys', 'create', '--max-uses', '1'], environment);
    expect(key).toMatchObject({ code: 0, stdout: expect.stringMatching(/^fck_\S+\n$/) });
    const refused = await shipped(['devices', 'list'], { ...environment, FLEETCERT_TOKEN: 'fco_wrong' });
    expect(refused).toMatchObject({ code: 77, stdout: '' });
  });

  it('says what is missing, what is wrong, and what there is', async () => {
    expect(await shipped(['fleet', 'status'])).toMatchObject({ code: 78, stdout: '' });
    expect(await shipped(['flet'])).toMatchObject({ code: 64, stdout: '' });
    const help = await shipped(['--help']);
    expect(help.code).toBe(0);
    for (const command of ['serve', 'migrate', 'doctor', 'plan', 'fleet', 'devices', 'orders', 'keys', 'limits']) {
      expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
    expect(help.stdout).toContain('Exit codes:');
  });
});

describe('the client of the package', () => {
  it('is imported as fleetcert/client', async () => {
    const { createFleetClient } = (await import('fleetcert/client')) as typeof import('../../src/client/index.js');
    const client = createFleetClient({ url: server.url, token: PROCESS_ADMIN_TOKEN });
    const { data, response } = await client.GET('/v1/fleet');
    expect([response.status, data?.devices.total]).toEqual([200, 0]);
    const refused = await client.GET('/v1/devices/{id}', { params: { path: { id: 'none' } } });
    expect(refused.error?.type).toBe('urn:fleetcert:problem:invalid_request');
  });
});
