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
});
