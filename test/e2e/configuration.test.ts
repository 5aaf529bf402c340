import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { startServer } from '../support/server-process.js';

describe('a wrong configuration', () => {
  it('ends the process with 78 before anything starts, naming every wrong variable and no secret', async () => {
    const server = await startServer({
      waitUntilReady: false,
      environment: {
        DATABASE_URL: 'mysql://root:hunter2@db/x',
        FLEETCERT_SECRET_KEY: 'c2VjcmV0',
        FLEETCERT_DNS_LISTEN: 'somewhere',
        FLEETCERT_ADDRESS_POLICY: 'public',
      },
    });
    expect(await server.exited).toBe(78);
    for (const name of ['DATABASE_URL', 'FLEETCERT_SECRET_KEY', 'FLEETCERT_DNS_LISTEN', 'FLEETCERT_ADDRESS_POLICY']) {
      expect(server.output()).toContain(`${name}: expected`);
    }
    expect(server.output()).not.toMatch(/hunter2|c2VjcmV0/);
    await server.stop();
  });

  it('is also a file of limits with a wrong number: the field is named, and nothing starts', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'fleetcert-limits-'));
    const path = join(directory, 'limits.json');
    writeFileSync(path, '{"limits":{"new-orders":{"count":0,"period":"3h"}}}');
    const server = await startServer({ waitUntilReady: false, environment: { FLEETCERT_ACME_LIMITS: path } });
    expect(await server.exited).toBe(78);
    expect(server.output()).toMatch(/FLEETCERT_ACME_LIMITS: .*limits\.new-orders\.count/);
    await server.stop();
    rmSync(directory, { recursive: true });
  });
});
