import { QueryFailedError, QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';
import { describe, expect, it } from 'vitest';

import { isDatabaseUnavailable } from './database-unavailable.js';

function withCode(code: string, message = code, more: object = {}): Error {
  return Object.assign(new Error(message), { code, ...more });
}

describe('isDatabaseUnavailable', () => {
  it.each([
    ['nobody listening', withCode('ECONNREFUSED')],
    ['a broken connection', withCode('ECONNRESET')],
    ['a host name that does not resolve now', withCode('EAI_AGAIN')],
    ['a missing Unix socket', withCode('ENOENT', 'connect ENOENT /run/postgresql', { syscall: 'connect' })],
    ['a Unix socket that too many wait for', withCode('EAGAIN', 'connect EAGAIN', { syscall: 'connect' })],
    ['an administrator ending the session', withCode('57P01')],
    ['a server that crashed', withCode('57P02')],
    ['a server that is starting', withCode('57P03')],
    ['too many connections', withCode('53300')],
    ['a full disk', withCode('53100')],
    ['a protocol failure', withCode('08006')],
    ['a statement cancelled for its time', withCode('57014')],
    ['a lock not granted in time', withCode('55P03')],
    ['a server that became a standby', withCode('25006')],
    ['a closed database', withCode('55000', 'database "x" is not currently accepting connections')],
    ['a connection that ended during a query', new Error('Connection terminated unexpectedly')],
    ['a pool with no connection free in time', new Error('timeout exceeded when trying to connect')],
    ['a pool that is closed', new Error('Cannot use a pool after calling end on the pool')],
    ['a transaction whose connection broke', new QueryRunnerAlreadyReleasedError()],
    ['a manager of such a transaction', new QueryRunnerProviderAlreadyReleasedError()],
    ['all addresses of a host refusing', new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')])],
  ])('is true for %s', (_title, error) => {
    expect(isDatabaseUnavailable(error)).toBe(true);
    expect(isDatabaseUnavailable(new QueryFailedError('SELECT 1', [], error))).toBe(true);
  });

  it.each([
    ['a unique violation', withCode('23505')],
    ['a syntax error', withCode('42601')],
    ['a deadlock', withCode('40P01')],
    ['another unmet prerequisite', withCode('55000', 'currval of sequence "s" is not yet defined')],
    ['a missing file', withCode('ENOENT', 'no such file', { syscall: 'open' })],
    ['a CA that refuses connections', withCode('ECONNREFUSED', 'connect', { isAxiosError: true })],
    ['an aggregate of other errors', new AggregateError([withCode('ECONNREFUSED'), new Error('other')])],
    ['a plain error', new Error('undefined is not a function')],
    ['no error at all', undefined],
  ])('is false for %s', (_title, error) => {
    expect(isDatabaseUnavailable(error)).toBe(false);
  });
});
