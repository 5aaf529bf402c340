import { Logger } from '@nestjs/common';
import type { DataSourceOptions } from 'typeorm';

import { boundedSocket } from './bounded-socket.js';
import { columnTypes } from './column-types.js';

/** The longest that one statement may run before PostgreSQL cancels it. */
const STATEMENT_SECONDS = 30;
/** The longest that a statement may wait for another transaction's lock. */
const LOCK_SECONDS = 10;
/** The longest to wait for a connection, be it a new one or one of a busy pool. */
const CONNECT_SECONDS = 5;
const POOL_IDLE_SECONDS = 30;
/**
 * A connection on which a statement ought to have been cancelled by now leads nowhere. Should several of one batch take
 * longer together, it is given up as well, and whoever waits hears that it is open whether they were executed.
 */
const DEAD_SECONDS = STATEMENT_SECONDS + 5;
const DEFAULT_POOL_SIZE = 16;

export interface DatabaseOptions {
  /** `postgres://…` */
  readonly url: string;
  /** Most connections at once; default 16. */
  readonly poolSize?: number;
  readonly entities?: DataSourceOptions['entities'];
  readonly migrations?: DataSourceOptions['migrations'];
  /** Statements may take as long as they want: for migrations. */
  readonly unboundedStatements?: boolean;
}

const logger = new Logger('Database');

/**
 * How every DataSource of fleetcert talks to PostgreSQL: nothing waits without a bound, and a connection that breaks
 * never takes the process with it. Never `synchronize`: the schema is the migrations' alone.
 */
export function dataSourceOptions(options: DatabaseOptions): DataSourceOptions {
  return {
    type: 'postgres',
    url: options.url,
    entities: options.entities ?? [],
    migrations: options.migrations ?? [],
    synchronize: false,
    // Query logs would hold parameters, and parameters hold secrets.
    logging: false,
    installExtensions: false,
    poolSize: options.poolSize ?? DEFAULT_POOL_SIZE,
    applicationName: 'fleetcert',
    connectTimeoutMS: CONNECT_SECONDS * 1000,
    // An idle connection was closed by the other side; the pool opens another one when it needs it.
    poolErrorHandler: (error: Error) => logger.warn(`a connection to PostgreSQL was lost: ${error.message}`),
    extra: {
      types: columnTypes,
      idleTimeoutMillis: POOL_IDLE_SECONDS * 1000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      ...(!options.unboundedStatements && {
        statement_timeout: STATEMENT_SECONDS * 1000,
        lock_timeout: LOCK_SECONDS * 1000,
        idle_in_transaction_session_timeout: STATEMENT_SECONDS * 1000,
        stream: () => boundedSocket(DEAD_SECONDS),
      }),
    },
  };
}
