import { accessSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

import { lockDirectory, type DirectoryLock } from './directory-lock.js';
import { freePort } from './free-port.js';
import { EMBEDDED_ROLE, initialiseCluster, readClusterPassword } from './initialise-cluster.js';
import { chooseAccount, type OsAccount } from './os-account.js';
import { packagedPrograms } from './packaged-programs.js';
import { isPostgresOf, readPostmasterFile } from './postmaster-file.js';
import { Postmaster } from './postmaster.js';
import type { PostgresPrograms } from './postgres-programs.js';
import { stopPostmaster } from './stop-postmaster.js';

/** Small and safe: the machine is a device's neighbour as often as a server. fsync and full_page_writes stay on. */
const SETTINGS: Readonly<Record<string, string>> = {
  shared_buffers: '32MB',
  max_connections: '100',
  max_wal_size: '256MB',
  // Nobody replicates from an embedded database.
  wal_level: 'minimal',
  max_wal_senders: '0',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Errors of single statements are the caller's to log, and statements hold personal data.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  cluster_name: 'fleetcert',
};

/** In PostgreSQL's log. */
const TROUBLE = / (FATAL|PANIC|WARNING): /;
/** What every client is told while it recovers; the clients log what they make of it. */
const REFUSED_FOR_NOW = /the database system is (starting up|shutting down|in recovery mode|not )/;

const FIRST_BACKOFF_MILLISECONDS = 100;
const LAST_BACKOFF_MILLISECONDS = 10_000;
/** A server that lived this long was well: its death is a new event, not one more of a series. */
const STABLE_MILLISECONDS = 60_000;
/** Three worker processes less; they pay on disks that this database is not for. */
const FIRST_WITH_IO_METHOD = 18;
/** Of PostgreSQL's Unix sockets and their locks; the port follows. */
const SOCKET_PREFIX = '.s.PGSQL.';
/** Of a Unix socket: 104 octets on macOS, 108 on Linux, a final zero among them. */
const MAX_SOCKET_PATH = 103;
/** What PostgreSQL says when it ends for want of one, or of the lock beside it. */
const NO_SOCKET = /Unix-domain socket|\.s\.PGSQL\./;
/** A port found free may be taken before PostgreSQL binds it. */
const PORT_ATTEMPTS = 3;

export interface EmbeddedPostgresLogger {
  log(message: string): void;
  warn(message: string): void;
  debug(message: string): void;
}

export interface EmbeddedPostgresOptions {
  /** The cluster is its subdirectory `postgres`; made when missing. */
  readonly dataDirectory: string;
  readonly logger: EmbeddedPostgresLogger;
  /** Default: the programs of the npm package. */
  readonly programs?: PostgresPrograms;
  /** Server parameters that override ours. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How long one start may take, recovery included; default 120. */
  readonly startSeconds?: number;
}

/**
 * A PostgreSQL server of our own: its cluster lives in the data directory, its process below this one. It is restarted
 * when it dies, on the same port, until `stop` is called.
 */
export class EmbeddedPostgres {
  #postmaster: Postmaster | undefined;
  /** Until a start has shown that the directory's file system takes no sockets. */
  #hasSocket = true;
  #stopping: Promise<void> | undefined;
  #supervision: Promise<void> | undefined;
  readonly #stopSignal = new AbortController();

  private constructor(
    private readonly options: EmbeddedPostgresOptions,
    private readonly programs: PostgresPrograms,
    private readonly account: OsAccount | undefined,
    private readonly clusterDirectory: string,
    private readonly port: number,
    private readonly password: string,
    private readonly lock: DirectoryLock,
  ) {}

  /**
   * Starts the server; a cluster is made first where there is none, and a server that outlived its fleetcert is stopped.
   *
   * @throws DomainError `conflict` when another living fleetcert uses the data directory
   * @throws Error with a sentence saying what to do for everything else that keeps PostgreSQL from starting
   */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    await mkdir(options.dataDirectory, { recursive: true });
    const dataDirectory = await realpath(options.dataDirectory);
    const clusterDirectory = join(dataDirectory, 'postgres');
    const lock = lockDirectory(`${clusterDirectory}.lock`, dataDirectory);
    try {
      const isNew = !hasCluster(clusterDirectory);
      if (isNew) refuseForeignFiles(clusterDirectory);
      const account = chooseAccount(clusterDirectory);
      const programs = options.programs ?? (await packagedPrograms(account, copyPlaces(account, dataDirectory)));
      if (isNew) {
        options.logger.log(`making a new embedded database in ${clusterDirectory}`);
        await initialiseCluster(programs, clusterDirectory, account);
      } else {
        refuseOtherVersion(clusterDirectory, programs);
      }
      const password = await readClusterPassword(clusterDirectory);
      return await EmbeddedPostgres.#startOnFreePort(options, programs, account, clusterDirectory, password, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  static async #startOnFreePort(
    options: EmbeddedPostgresOptions,
    programs: PostgresPrograms,
    account: OsAccount | undefined,
    clusterDirectory: string,
    password: string,
    lock: DirectoryLock,
  ): Promise<EmbeddedPostgres> {
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      const server = new EmbeddedPostgres(options, programs, account, clusterDirectory, port, password, lock);
      try {
        await server.#startFirst();
        await server.#ensureDatabase();
        server.#supervision = server.#supervise();
        return server;
      } catch (error) {
        await server.#postmaster?.stop();
        if (attempt === PORT_ATTEMPTS || !String(error).includes('could not create any TCP/IP sockets')) throw error;
      }
    }
  }

  /** `postgres://…` over TCP; stays the same until `stop`. It holds the password. */
  get url(): string {
    return this.urlOf(EMBEDDED_ROLE);
  }

  /** The same for another database of this cluster. */
  urlOf(database: string): string {
    return `postgres://${EMBEDDED_ROLE}:${this.password}@127.0.0.1:${this.port}/${database}`;
  }

  /**
   * The same through the Unix socket in its directory: a statement costs both sides less there. Through TCP where the
   * path is too long for a socket, or the file system takes none.
   */
  socketUrlOf(database: string = EMBEDDED_ROLE): string {
    const path = join(this.clusterDirectory, `${SOCKET_PREFIX}${this.port}`);
    if (!this.#hasSocket || Buffer.byteLength(path) > MAX_SOCKET_PATH) return this.urlOf(database);
    const directory = encodeURIComponent(this.clusterDirectory);
    return `postgres://${EMBEDDED_ROLE}:${this.password}@${directory}:${this.port}/${database}`;
  }

  /** The process number of the server that runs now; undefined between two runs. */
  get pid(): number | undefined {
    return this.#postmaster?.isRunning ? this.#postmaster.pid : undefined;
  }

  /** Stops the server with everything written to disk, and gives the data directory free. May be called twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#stopSignal.abort();
    try {
      await this.#postmaster?.stop();
      // A restart that was under way may have brought up one more.
      await this.#supervision;
      await this.#postmaster?.stop();
    } finally {
      this.lock.release();
    }
  }

  /** Where no socket can be made, without one. Not so later: clients that have its URL wait for it. */
  async #startFirst(): Promise<void> {
    try {
      await this.#startPostmaster();
    } catch (error) {
      if (!this.#hasSocket || !NO_SOCKET.test(String(error))) throw error;
      this.options.logger.log(`no Unix socket can be made in ${this.clusterDirectory}: the database is reached by TCP`);
      this.#hasSocket = false;
      await this.#startPostmaster();
    }
  }

  async #startPostmaster(): Promise<void> {
    const { options, programs, account, clusterDirectory, port } = this;
    await clearAway(clusterDirectory, options.logger);
    const versioned: Record<string, string> =
      programs.majorVersion >= FIRST_WITH_IO_METHOD ? { io_method: 'sync' } : {};
    this.#postmaster = await Postmaster.start({
      programs,
      clusterDirectory,
      account,
      port,
      hasSocket: this.#hasSocket,
      settings: { ...SETTINGS, ...versioned, ...options.settings },
      startSeconds: options.startSeconds ?? 120,
      onLogLine: (line) => this.#relay(line),
    });
  }

  /** Restarts the server whenever it ends, until `stop`. */
  async #supervise(): Promise<void> {
    const { signal } = this.#stopSignal;
    let backoffMilliseconds = FIRST_BACKOFF_MILLISECONDS;
    while (!signal.aborted && this.#postmaster) {
      const startedAt = performance.now();
      const { pid, ended } = this.#postmaster;
      await ended;
      if (signal.aborted) return;
      const livedMilliseconds = performance.now() - startedAt;
      if (livedMilliseconds > STABLE_MILLISECONDS) backoffMilliseconds = FIRST_BACKOFF_MILLISECONDS;
      this.options.logger.warn(`PostgreSQL (process ${pid}) ended ${this.#postmaster.ending}: it is started again`);
      for (let isUp = false; !isUp && !signal.aborted;) {
        await sleep(backoffMilliseconds, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
        backoffMilliseconds = Math.min(backoffMilliseconds * 2, LAST_BACKOFF_MILLISECONDS);
        isUp = await this.#tryRestart();
      }
    }
  }

  async #tryRestart(): Promise<boolean> {
    try {
      await this.#startPostmaster();
      this.options.logger.log('PostgreSQL runs again');
      return true;
    } catch (error) {
      this.options.logger.warn(`PostgreSQL could not be started again: ${(error as Error).message}`);
      return false;
    }
  }

  /** `fleetcert` is made at the first start; one that was cut off in between makes it at the next. */
  async #ensureDatabase(): Promise<void> {
    const client = new Client({ connectionString: this.urlOf('postgres') });
    await client.connect();
    try {
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [EMBEDDED_ROLE]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${EMBEDDED_ROLE}`);
    } finally {
      await client.end();
    }
  }

  /** PostgreSQL's log is ours only where it tells of trouble that nobody asked for. */
  #relay(line: string): void {
    const isTrouble = TROUBLE.test(line) && !REFUSED_FOR_NOW.test(line) && !this.#stopSignal.signal.aborted;
    this.options.logger[isTrouble ? 'warn' : 'debug'](`PostgreSQL: ${line}`);
  }
}

/** Where a copy of the programs may go: as root where the account gets to, else beside the data. */
function copyPlaces(account: OsAccount | undefined, dataDirectory: string): readonly string[] {
  return account ? ['/var/cache/fleetcert', '/var/lib/fleetcert', '/opt/fleetcert'] : [dataDirectory];
}

/** False only where we can look and see that there is none: another user's cluster is closed to us. */
function hasCluster(clusterDirectory: string): boolean {
  try {
    accessSync(join(clusterDirectory, 'PG_VERSION'));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

/** The format of the files changes with every major version; nothing here converts them. */
function refuseOtherVersion(clusterDirectory: string, programs: PostgresPrograms): void {
  const found = readFileSync(join(clusterDirectory, 'PG_VERSION'), 'utf8').trim();
  if (found === String(programs.majorVersion)) return;
  throw new Error(
    `the embedded database in ${clusterDirectory} was made by PostgreSQL ${found}, this fleetcert brings ` +
      `PostgreSQL ${programs.majorVersion}: make a backup with the release that made it ("fleetcert backup"), move the ` +
      'directory away, and restore the backup with this one',
  );
}

/** What stands in the place of the cluster and is none is not ours to delete, unless it is an empty directory. */
function refuseForeignFiles(clusterDirectory: string): void {
  try {
    rmdirSync(clusterDirectory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new Error(
      `${clusterDirectory} is not a PostgreSQL cluster: move it away, or set FLEETCERT_DATA_DIR to another directory`,
      { cause: error },
    );
  }
}

/**
 * Ends a server of this cluster whose fleetcert was killed, and removes a `postmaster.pid` whose number is no server's
 * but still taken: by another program since, or by what is left of a process that nobody has waited for (a container's
 * first process often does not). PostgreSQL itself would take either for a living server, and so the lock of a socket
 * that a server left behind.
 */
async function clearAway(clusterDirectory: string, logger: EmbeddedPostgresLogger): Promise<void> {
  const pid = readPostmasterFile(clusterDirectory)?.pid;
  if (pid !== undefined && isPostgresOf(pid, clusterDirectory)) {
    logger.warn(`stopping the PostgreSQL (process ${pid}) that outlived its fleetcert`);
    await stopPostmaster(pid, () => isPostgresOf(pid, clusterDirectory));
  }
  // A server that was stopped has removed its own; in all other cases PostgreSQL's shared memory tells it of backends
  // that are still at work on this directory.
  if (pid !== undefined) rmSync(join(clusterDirectory, 'postmaster.pid'), { force: true });
  for (const file of readdirSync(clusterDirectory)) {
    if (file.startsWith(SOCKET_PREFIX)) rmSync(join(clusterDirectory, file), { force: true });
  }
}
