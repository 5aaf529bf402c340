import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import { openDatabaseServer } from '../../../src/platform/database/database-server.js';
import { EmbeddedPostgres } from '../../../src/platform/database/embedded/embedded-postgres.js';
import { chooseAccount } from '../../../src/platform/database/embedded/os-account.js';
import { packagedPrograms } from '../../../src/platform/database/embedded/packaged-programs.js';
import { isPostgresOf } from '../../../src/platform/database/embedded/postmaster-file.js';
import { processIdentity } from '../../../src/platform/database/embedded/process-identity.js';
import { EmbeddedPostgresChild } from '../../support/embedded-postgres-child.js';

let dataDirectory: string;
let servers: EmbeddedPostgres[] = [];
let children: EmbeddedPostgresChild[] = [];
let messages: string[] = [];

/** A data directory with a cluster that was stopped, to copy: making one takes a second. */
let prepared: string;

beforeAll(async () => {
  prepared = await mkdtemp(join(tmpdir(), 'fleetcert-embedded-'));
  await (await start(prepared)).stop();
});

afterAll(() => rm(prepared, { recursive: true, force: true }));

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'fleetcert-embedded-'));
});

/** Where a test does not watch the making of the cluster. */
function usePreparedCluster(): void {
  execFileSync('cp', ['-a', join(prepared, 'postgres'), dataDirectory]);
}

afterEach(async () => {
  for (const child of children) await child.kill('SIGKILL');
  for (const server of servers) await server.stop();
  [servers, children, messages] = [[], [], []];
  // Stops the server that a killed child has left behind.
  if (existsSync(join(dataDirectory, 'postgres', 'postmaster.pid'))) await (await start()).stop();
  await rm(dataDirectory, { recursive: true, force: true });
});

async function start(directory = dataDirectory): Promise<EmbeddedPostgres> {
  const server = await EmbeddedPostgres.start({
    dataDirectory: directory,
    logger: { log, warn: log, debug: () => undefined },
  });
  servers.push(server);
  return server;
}

function startChild(...parameters: Parameters<typeof EmbeddedPostgresChild.start>): EmbeddedPostgresChild {
  const child = EmbeddedPostgresChild.start(...parameters);
  children.push(child);
  return child;
}

async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

const leftInTemp = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => /postgres|PGSQL|\.s\./i.test(name)).toSorted();

/** Those of PostgreSQL in a data directory, and no locks. */
const sockets = async (directory = dataDirectory): Promise<string[]> =>
  (await readdir(join(directory, 'postgres'))).filter((name) => /^\.s\.PGSQL\.\d+$/.test(name));

const SILENT = { log: (): void => {}, warn: (): void => {}, debug: (): void => {} };

const log = (message: string): void => void messages.push(message);

const makeNotes = (url: string): Promise<object[]> =>
  query(url, `CREATE TABLE notes (text text); INSERT INTO notes VALUES ('kept')`);
const readNotes = (url: string): Promise<object[]> => query(url, 'SELECT text FROM notes ORDER BY text');

describe('an embedded PostgreSQL', () => {
  it('keeps its data over a restart', async () => {
    const first = await start();
    await makeNotes(first.url);
    await first.stop();
    expect(isProcess(first)).toBe(false);
    const second = await start();
    expect(await readNotes(second.url)).toEqual([{ text: 'kept' }]);
  });

  it('syncs to disk, speaks UTF-8 in C.UTF-8 order, and listens on the loopback address only', async () => {
    usePreparedCluster();
    const { url } = await start();
    const settings = await query<{ name: string; setting: string }>(
      url,
      `SELECT name, setting FROM pg_settings
        WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses', 'server_encoding',
                       'unix_socket_directories', 'data_checksums')`,
    );
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      full_page_writes: 'on',
      synchronous_commit: 'on',
      listen_addresses: '127.0.0.1',
      server_encoding: 'UTF8',
      unix_socket_directories: '.',
      data_checksums: 'on',
    });
    expect(await query(url, 'SELECT datlocale FROM pg_database WHERE datname = current_database()')).toEqual([
      { datlocale: 'C.UTF-8' },
    ]);
  });

  it('lets nobody in without the password, which only its owner can read', async () => {
    usePreparedCluster();
    const { url } = await start();
    const cluster = join(dataDirectory, 'postgres');
    expect((await stat(cluster)).mode & 0o777).toBe(0o700);
    expect((await stat(join(cluster, 'fleetcert.password'))).mode & 0o777).toBe(0o600);
    const wrong = new URL(url);
    wrong.password = 'guessed';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  it('has a Unix socket in its own directory, which is closed to others', async () => {
    // Short, as a socket's path has to be.
    const folder = join(dataDirectory, 'a ü');
    await mkdir(folder);
    const server = await start(folder);
    const [socket] = await sockets(folder);
    expect((await stat(join(folder, 'postgres', socket!))).mode & 0o777).toBe(0o700);
    const sql = 'SELECT inet_server_addr() AS address, current_database() AS database';
    const answer = [{ address: null, database: 'fleetcert' }];
    expect(await query(server.socketUrlOf(), sql)).toEqual(answer);
    const dataSource = new DataSource(dataSourceOptions({ url: server.socketUrlOf() }));
    await dataSource.initialize();
    expect(await dataSource.query(sql)).toEqual(answer);
    await dataSource.destroy();
    const wrong = new URL(server.socketUrlOf());
    wrong.password = 'guessed';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  it('is reached by TCP where the path is too long for a socket', async () => {
    const server = await start(join(dataDirectory, 'x'.repeat(80)));
    expect(server.socketUrlOf()).toBe(server.url);
    expect(await query(server.socketUrlOf(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('is reached by TCP where the file system takes no sockets', async () => {
    usePreparedCluster();
    // What PostgreSQL says and does there; such a file system cannot be mounted everywhere.
    // In the data directory, so that it goes with it; the account that PostgreSQL runs as has to get to it.
    await chmod(dataDirectory, 0o711);
    const directory = join(dataDirectory, 'programs');
    await mkdir(directory);
    const programs = await packagedPrograms(chooseAccount(join(dataDirectory, 'postgres')), ['/var/cache/fleetcert']);
    const wrapper = `#!/bin/sh
case "$*" in *unix_socket_directories=.*) echo 'FATAL:  could not create any Unix-domain sockets' >&2; exit 1;; esac
exec ${join(programs.directory, 'postgres')} "$@"
`;
    await writeFile(join(directory, 'postgres'), wrapper, { mode: 0o755 });
    const server = await EmbeddedPostgres.start({
      dataDirectory,
      logger: { log, warn: log, debug: () => undefined },
      programs: { ...programs, directory },
    });
    servers.push(server);
    expect(server.socketUrlOf()).toBe(server.url);
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(messages.join('\n')).toContain('no Unix socket can be made');
  });

  it("is reached by its socket where it is the server's", async () => {
    usePreparedCluster();
    const opened = await openDatabaseServer({ database: { url: undefined }, dataDirectory }, SILENT);
    try {
      expect(await query(opened.url, 'SELECT inet_server_addr() AS address')).toEqual([{ address: null }]);
    } finally {
      await opened.close();
    }
  });

  it('leaves nothing outside its data directory', async () => {
    const before = await leftInTemp();
    await start();
    expect(await leftInTemp()).toEqual(before);
  });

  it('works in a directory with a long name, spaces and letters of all kinds', async () => {
    const long = join(dataDirectory, 'a folder with ümlauts and "quotes"', 'x'.repeat(200), 'y'.repeat(100));
    const { url } = await start(long);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('starts over when the making of the cluster was cut off', async () => {
    await mkdir(join(dataDirectory, 'postgres.initialising', 'cluster'), { recursive: true });
    await writeFile(join(dataDirectory, 'postgres.initialising', 'cluster', 'PG_VERSION'), '18\n');
    const { url } = await start();
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(existsSync(join(dataDirectory, 'postgres.initialising'))).toBe(false);
  });

  it('refuses a cluster of another major version, and says what to do', async () => {
    usePreparedCluster();
    const version = join(dataDirectory, 'postgres', 'PG_VERSION');
    await writeFile(version, '17\n');
    await expect(start()).rejects.toThrow(/was made by PostgreSQL 17, this fleetcert brings PostgreSQL 18: .*backup/);
    expect(existsSync(join(dataDirectory, 'postgres.lock'))).toBe(false);
    await writeFile(version, '18\n');
  });

  it('touches no directory that is not a cluster', async () => {
    await mkdir(join(dataDirectory, 'postgres'));
    await writeFile(join(dataDirectory, 'postgres', 'mine.txt'), 'precious');
    await expect(start()).rejects.toThrow('is not a PostgreSQL cluster');
    expect(await readFile(join(dataDirectory, 'postgres', 'mine.txt'), 'utf8')).toBe('precious');
  });
});

describe('the death of PostgreSQL under a living server', () => {
  beforeEach(usePreparedCluster);

  it('by kill -9 is mended on the same address, with all that was committed', async () => {
    const server = await start();
    await makeNotes(server.url);
    const { pid } = server;
    process.kill(pid ?? 0, 'SIGKILL');
    await vi.waitFor(() => expect(server.pid).not.toBe(pid), { timeout: 5000 });
    await vi.waitFor(() => readNotes(server.url), { timeout: 20_000, interval: 100 });
    expect(await readNotes(server.url)).toEqual([{ text: 'kept' }]);
    expect(messages.join('\n')).toContain('ended by signal SIGKILL: it is started again');
  });

  it.each(['TCP', 'its Unix socket'])(
    'breaks the calls of that moment only: a DataSource on %s goes on',
    async (way) => {
      const server = await start();
      const url = way === 'TCP' ? server.url : server.socketUrlOf();
      expect(url === server.url).toBe(way === 'TCP');
      const dataSource = new DataSource(dataSourceOptions({ url, poolSize: 4 }));
      await dataSource.initialize();
      try {
        const slow = Promise.allSettled(Array.from({ length: 4 }, () => dataSource.query('SELECT pg_sleep(20)')));
        await vi.waitFor(async () => {
          const active = await query(server.url, `SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20)'`);
          expect(active.length).toBeGreaterThanOrEqual(4);
        });
        process.kill(server.pid ?? 0, 'SIGKILL');
        expect((await slow).map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'rejected'));
        await vi.waitFor(() => dataSource.query('SELECT 1'), { timeout: 20_000, interval: 100 });
        const again = await Promise.all(Array.from({ length: 8 }, () => dataSource.query('SELECT 1 AS one')));
        expect(again).toEqual(Array.from({ length: 8 }, () => [{ one: 1 }]));
      } finally {
        await dataSource.destroy();
      }
    },
  );

  it('during a stop brings nothing back', async () => {
    const server = await start();
    process.kill(server.pid ?? 0, 'SIGKILL');
    await server.stop();
    await sleep(500);
    expect(server.pid).toBeUndefined();
    expect(existsSync(join(dataDirectory, 'postgres.lock'))).toBe(false);
  });
});

describe('the death of the server over a living PostgreSQL', () => {
  beforeEach(usePreparedCluster);

  it('by kill -9 leaves an orphan, which the next start stops; nothing that was committed is lost', async () => {
    const child = startChild(dataDirectory);
    const orphan = await child.untilReady();
    await makeNotes(orphan.url);
    await child.kill('SIGKILL');
    expect(await readNotes(orphan.url)).toEqual([{ text: 'kept' }]);
    const server = await start();
    expect(isPostgresOf(orphan.pid, join(dataDirectory, 'postgres'))).toBe(false);
    expect(messages.join('\n')).toContain(`stopping the PostgreSQL (process ${orphan.pid}) that outlived`);
    expect(await readNotes(server.url)).toEqual([{ text: 'kept' }]);
  });

  it('together with PostgreSQL loses nothing either', async () => {
    const child = startChild(dataDirectory);
    const { url, pid } = await child.untilReady();
    await makeNotes(url);
    await child.kill('SIGKILL');
    process.kill(pid, 'SIGKILL');
    expect(await sockets()).toHaveLength(1);
    const server = await start();
    expect(await readNotes(server.socketUrlOf())).toEqual([{ text: 'kept' }]);
    expect(await sockets()).toEqual([`.s.PGSQL.${new URL(server.url).port}`]);
  });

  it('by process.exit() takes PostgreSQL along', async () => {
    const child = startChild(dataDirectory, { exitUncleanly: true });
    const { pid } = await child.untilReady();
    await child.kill('SIGTERM');
    await vi.waitFor(() => expect(processIdentity(pid)).toBeUndefined(), { timeout: 10_000 });
  });

  it('does not make it stop another program that has got the number of its PostgreSQL', async () => {
    const stale = [process.pid, '/elsewhere', 1, 5432, '', '', '', 'ready'].join('\n');
    await writeFile(join(dataDirectory, 'postgres', 'postmaster.pid'), stale, { mode: 0o600 });
    const { url } = await start();
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('a data directory in use', () => {
  it('is refused to a second process, which names the first one and what to do; the first one goes on', async () => {
    usePreparedCluster();
    const first = await start();
    const second = startChild(dataDirectory);
    const { message } = await second.until('refused');
    expect(message).toContain(`in ${dataDirectory} is in use by the fleetcert process ${process.pid}:`);
    expect(message).toContain('DATABASE_URL');
    expect(await query(first.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('is given to exactly one of several that start at once', async () => {
    const contenders = [1, 2, 3].map(() => startChild(dataDirectory));
    const outcomes = await Promise.all(
      contenders.map((child) =>
        Promise.race([child.until('ready'), child.until('refused')]).then(({ event }) => event),
      ),
    );
    expect(outcomes.toSorted()).toEqual(['ready', 'refused', 'refused']);
  });

  it('is free again after a stop', async () => {
    usePreparedCluster();
    await (await start()).stop();
    const child = startChild(dataDirectory);
    expect((await child.untilReady()).pid).toBeGreaterThan(1);
  });
});

describe('the end of a server', () => {
  beforeEach(usePreparedCluster);

  it('on SIGTERM stops PostgreSQL after the drain', async () => {
    const child = startChild(dataDirectory, { drainMilliseconds: 1500 });
    const { url, pid } = await child.untilReady();
    const exited = child.kill('SIGTERM');
    await child.until('draining');
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await exited;
    expect(child.events.at(-1)).toEqual({ event: 'stopped' });
    expect(processIdentity(pid)).toBeUndefined();
  });

  it('on Ctrl-C, which reaches the whole process group, keeps PostgreSQL up for the drain', async () => {
    const child = startChild(dataDirectory, { drainMilliseconds: 1500 });
    const { url, pid } = await child.untilReady();
    process.kill(-child.pid, 'SIGINT');
    await child.until('draining');
    await sleep(200);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await child.until('stopped');
    expect(processIdentity(pid)).toBeUndefined();
  });

  it('stops a PostgreSQL that has clients with open transactions', async () => {
    const server = await start();
    const client = new Client({ connectionString: server.url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('BEGIN');
    const startedAt = performance.now();
    await server.stop();
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await client.end().catch(() => undefined);
  });
});

const isRoot = process.geteuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };
/** Not so in a checkout below /root. */
const isOpenToOthers = isRoot && spawnSync(process.execPath, ['--version'], nobody).status === 0;

describe.skipIf(!isRoot)(`as root${isRoot ? '' : ' (skipped: this run is not)'}`, () => {
  it('runs as an unprivileged account, to whom the files belong', async () => {
    await chmod(dataDirectory, 0o755);
    const { pid } = await start();
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    expect(status).not.toMatch(/^Uid:\t0/m);
    expect((await stat(join(dataDirectory, 'postgres'))).uid).not.toBe(0);
  });

  it('works below a directory that is closed to that account', async () => {
    const closed = join(dataDirectory, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const first = await start(join(closed, 'data'));
    await makeNotes(first.url);
    process.kill(first.pid ?? 0, 'SIGKILL');
    await vi.waitFor(() => readNotes(first.url), { timeout: 20_000, interval: 100 });
    await first.stop();
    expect(await readNotes((await start(join(closed, 'data'))).url)).toEqual([{ text: 'kept' }]);
  });

  it('stops the orphan of such a directory', async () => {
    const closed = join(dataDirectory, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const child = startChild(closed);
    const orphan = await child.untilReady();
    await child.kill('SIGKILL');
    await start(closed);
    expect(processIdentity(orphan.pid)).toBeUndefined();
  });
});

describe.skipIf(!isOpenToOthers)(
  `as root and as another user${isOpenToOthers ? '' : ' (skipped: needs root and a checkout that others can read)'}`,
  () => {
    it('goes on as the user to whom an existing cluster belongs', async () => {
      await chmod(dataDirectory, 0o777);
      const child = startChild(dataDirectory, nobody);
      await makeNotes((await child.untilReady()).url);
      await child.kill('SIGTERM');
      const server = await start();
      expect(await readNotes(server.url)).toEqual([{ text: 'kept' }]);
      expect(await readFile(`/proc/${server.pid}/status`, 'utf8')).toMatch(/^Uid:\t65534/m);
    });

    it('makes what another user is refused, with the way out', async () => {
      await chmod(dataDirectory, 0o777);
      await (await start()).stop();
      await rm(join(dataDirectory, 'postgres.lock'), { force: true });
      const { uid } = await stat(join(dataDirectory, 'postgres'));
      const other = uid === nobody.uid ? 1 : nobody.uid;
      const child = startChild(dataDirectory, { uid: other, gid: other });
      const { message } = await child.until('refused');
      expect(message).toMatch(/belongs to \w+: start as root or as \w+, or change its owner with "chown -R/);
    });
  },
);

function isProcess(server: EmbeddedPostgres): boolean {
  return server.pid !== undefined;
}
