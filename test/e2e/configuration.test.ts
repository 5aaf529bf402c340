import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
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
        FLEETCERT_PUBLIC_URL: 'https://user:hunter2@devices.example.com',
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

describe('a start that fails', () => {
  it('says why in one sentence, ends by itself, and leaves no database behind', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as AddressInfo;
    const server = await startServer({ waitUntilReady: false, httpPort: port });
    expect(await server.exited).toBe(1);
    expect(server.output()).toContain(`EADDRINUSE`);
    expect(server.output()).not.toMatch(/\n\s+at /);
    expect(existsSync(join(server.dataDirectory, 'postgres', 'postmaster.pid'))).toBe(false);
    holder.close();
    await server.stop();
  });

  it('is ended by a signal while it waits for its database, and says what it waits for', async () => {
    const server = await startServer({
      waitUntilReady: false,
      environment: { DATABASE_URL: 'postgres://user:hunter2@127.0.0.1:1/d' },
    });
    await server.waitForOutput('waiting for PostgreSQL at 127.0.0.1:1/d');
    expect(await server.end('SIGTERM')).toBe(0);
    expect(server.output()).not.toContain('hunter2');
  });

  it('refuses a log level that there is not, with 78', async () => {
    const server = await startServer({ waitUntilReady: false, environment: { FLEETCERT_LOG_LEVEL: 'loud' } });
    expect(await server.exited).toBe(78);
    expect(server.output()).toContain('FLEETCERT_LOG_LEVEL: expected one of');
    await server.stop();
  });
});
