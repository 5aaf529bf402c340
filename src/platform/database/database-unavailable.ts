import { QueryFailedError, QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';

/** Of the system: the network, or nobody listening. */
const SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Of PostgreSQL too: the statement waited or ran for too long, and the connection is as good as before. */
const CANCELLED_SQL_STATES = new Set([
  '55P03', // lock_not_available: lock_timeout
  '57014', // query_canceled: statement_timeout
]);

/** Of PostgreSQL (manual, appendix A), beside class 08 (connection) and class 53 (too many connections, disk full). */
const SQL_STATES = new Set([
  '25006', // read_only_sql_transaction: connected to what is now a standby
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  ...CANCELLED_SQL_STATES,
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now: starting up or shutting down
  '57P05', // idle_session_timeout
]);

/** Of pg and its pool, which give their own errors no code. */
const DRIVER_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client (was closed|has encountered a connection error)|Cannot use a pool after calling end|Driver not Connected)/;

/**
 * Does the error say that the database cannot be reached or is too busy, so that the same call may well succeed later?
 * What a statement itself did wrong (a constraint, a syntax error) is not of this kind.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof QueryFailedError) return isDatabaseUnavailable(error.driverError);
  // TypeORM releases a query runner whose connection breaks: the next statement of the transaction finds it released.
  if (error instanceof QueryRunnerAlreadyReleasedError) return true;
  if (error instanceof QueryRunnerProviderAlreadyReleasedError) return true;
  // One error an address, when a host name has several.
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isDatabaseUnavailable);
  if (!(error instanceof Error)) return false;
  const { code, syscall, isAxiosError } = error as { code?: unknown; syscall?: unknown; isAxiosError?: unknown };
  // The CA's connections break with the same codes.
  if (isAxiosError === true) return false;
  // A Unix socket is a file that is missing while its server is down, and refuses at once while too many wait.
  if (code === 'ENOENT' || code === 'EAGAIN') return syscall === 'connect';
  if (typeof code === 'string') return isUnavailableCode(code, error.message);
  return DRIVER_MESSAGE.test(error.message);
}

/** Does the error, of `pg` itself, say that PostgreSQL gave up a statement, and nothing more? */
export function isStatementCancelled(error: unknown): boolean {
  return error instanceof Error && CANCELLED_SQL_STATES.has(String((error as { code?: unknown }).code));
}

function isUnavailableCode(code: string, message: string): boolean {
  if (SYSTEM_CODES.has(code) || SQL_STATES.has(code)) return true;
  if (/^(08|53)[0-9A-Z]{3}$/.test(code)) return true;
  // object_not_in_prerequisite_state has other meanings too; this one is ALTER DATABASE … ALLOW_CONNECTIONS false.
  return code === '55000' && message.includes('not currently accepting connections');
}
