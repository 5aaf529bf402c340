import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';

import { databaseLocation, waitForPostgres } from '../../../src/platform/database/wait-for-postgres.js';
import { describeOnEachDatabase } from '../../support/database.js';

const lines: string[] = [];
const logger = {
  log: (line: string): void => void lines.push(line),
  warn: (line: string): void => void lines.push(line),
};

afterEach(() => {
  lines.length = 0;
});

describe('databaseLocation', () => {
  it.each([
    ['postgres://fleet:secret@db.example:5433/fleetcert', 'db.example:5433/fleetcert'],
    ['postgres://db.example/fleetcert?sslmode=require', 'db.example:5432/fleetcert'],
    ['postgresql:///fleetcert?host=/run/postgresql', '/run/postgresql:5432/fleetcert'],
    ['postgres://u:p@%2Frun%2Fpostgresql/fleetcert', '/run/postgresql:5432/fleetcert'],
  ])('of %s shows no credentials', (url, location) => {
    expect(databaseLocation(url)).toBe(location);
  });
});

describeOnEachDatabase('waiting for PostgreSQL', (database) => {
  it('answers with its version', async () => {
    expect(Number.parseInt(await waitForPostgres(database.url, { logger }), 10)).toBeGreaterThanOrEqual(15);
    expect(lines).toEqual([]);
  });

  it('goes on when it comes up later, and says what it waits for', async () => {
    const { server, url, port } = await proxyTo(database.url);
    await new Promise((resolve) => server.close(resolve));
    setTimeout(() => server.listen(port, '127.0.0.1'), 1200);
    await expect(waitForPostgres(url, { logger })).resolves.toMatch(/^\d+\.\d+$/);
    expect(lines).toEqual([expect.stringMatching(/^waiting for PostgreSQL at 127\.0\.0\.1:\d+\/.*ECONNREFUSED/)]);
    server.close();
  });

  it('gives up after its time', async () => {
    const { server, url } = await proxyTo(database.url);
    await new Promise((resolve) => server.close(resolve));
    await expect(waitForPostgres(url, { logger, waitSeconds: 1 })).rejects.toThrow(
      /^PostgreSQL at 127\.0\.0\.1:\d+\/test_\w+ could not be reached for 1 s: .*ECONNREFUSED/,
    );
  });

  it('does not wait where waiting does not help', async () => {
    const wrong = new URL(database.url);
    wrong.password = 'not-the-password';
    const failure = waitForPostgres(wrong.href, { logger });
    await expect(failure).rejects.toThrow(/refuses the connection: password authentication failed .*see DATABASE_URL/);
    await expect(failure).rejects.not.toThrow('not-the-password');
    const missing = new URL(database.url);
    missing.pathname = '/no_such_database';
    await expect(waitForPostgres(missing.href, { logger })).rejects.toThrow(
      'database "no_such_database" does not exist',
    );
  });
});

/** A server that passes bytes on to the database's. */
async function proxyTo(url: string): Promise<{ server: Server; url: string; port: number }> {
  const target = new URL(url);
  const server = createServer((socket: Socket) => {
    const upstream = connect(Number(target.port), target.hostname);
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
    socket.pipe(upstream).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const here = new URL(url);
  here.port = String(address.port);
  return { server, url: here.href, port: address.port };
}
