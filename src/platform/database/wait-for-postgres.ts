import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

import { isDatabaseUnavailable } from './database-unavailable.js';

const MINIMUM_MAJOR_VERSION = 15;
const CONNECT_SECONDS = 5;
const RETRY_MILLISECONDS = 500;
const LOG_EVERY_SECONDS = 10;

export interface WaitOptions {
  readonly logger: { log(message: string): void; warn(message: string): void };
  /** Default 60. */
  readonly waitSeconds?: number;
}

/** `host:port/database` of a `postgres://` URL, for messages: without the credentials. */
export function databaseLocation(url: string): string {
  const { host, port, database } = new Client({ connectionString: url });
  return `${host}:${port}/${database}`;
}

/**
 * Waits until PostgreSQL takes connections, as a server and its database are often started together.
 *
 * @returns the server's version, like `15.8`
 * @throws Error with a sentence saying what is wrong: not there in time, refuses us for good, or too old
 */
export async function waitForPostgres(url: string, options: WaitOptions): Promise<string> {
  const waitSeconds = options.waitSeconds ?? 60;
  const location = databaseLocation(url);
  const deadline = Date.now() + waitSeconds * 1000;
  let nextLog = 0;
  for (;;) {
    try {
      return await readVersion(url, location);
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      const reason = reasonOf(error);
      if (Date.now() > deadline) {
        throw new Error(`PostgreSQL at ${location} could not be reached for ${waitSeconds} s: ${reason}`, {
          cause: error,
        });
      }
      if (Date.now() >= nextLog) {
        options.logger.warn(`waiting for PostgreSQL at ${location}: ${reason}`);
        nextLog = Date.now() + LOG_EVERY_SECONDS * 1000;
      }
    }
    await sleep(RETRY_MILLISECONDS);
  }
}

async function readVersion(url: string, location: string): Promise<string> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_SECONDS * 1000,
    query_timeout: CONNECT_SECONDS * 1000,
    application_name: 'fleetcert',
  });
  client.on('error', () => undefined);
  try {
    await client.connect().catch((error: unknown) => {
      if (isDatabaseUnavailable(error)) throw error;
      throw new Error(`PostgreSQL at ${location} refuses the connection: ${reasonOf(error)} (see DATABASE_URL)`, {
        cause: error,
      });
    });
    const { rows } = await client.query<{ server_version_num: string }>('SHOW server_version_num');
    const number = Number(rows[0]?.server_version_num);
    const [major, minor] = [Math.floor(number / 10_000), number % 10_000];
    if (!(major >= MINIMUM_MAJOR_VERSION)) {
      throw new Error(
        `PostgreSQL at ${location} is version ${major}.${minor}: fleetcert needs ${MINIMUM_MAJOR_VERSION} or newer`,
      );
    }
    return `${major}.${minor}`;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** An AggregateError's own message is empty. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
