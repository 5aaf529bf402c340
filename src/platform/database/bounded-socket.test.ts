import { createServer, type AddressInfo } from 'node:net';
import { Client } from 'pg';
import { expect, it } from 'vitest';

import { boundedSocket } from './bounded-socket.js';
import { isDatabaseUnavailable } from './database-unavailable.js';

it('ends a connection on which nobody answers, with an error that means an outage', async () => {
  // Takes every byte and says nothing, like a network that has lost its way.
  const silent = createServer((socket) => socket.resume());
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const client = new Client({ host: '127.0.0.1', port, stream: () => boundedSocket(0.2) });
  const startedAt = performance.now();
  const error = await client.connect().catch((reason: unknown) => reason);
  expect(performance.now() - startedAt).toBeLessThan(5000);
  expect(error).toMatchObject({ code: 'ETIMEDOUT', message: 'PostgreSQL did not answer for 0.2 s' });
  expect(isDatabaseUnavailable(error)).toBe(true);
  await new Promise((resolve) => silent.close(resolve));
});
