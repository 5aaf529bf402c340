import type { DataSource } from 'typeorm';

import type { PreparedStatement } from './pipelined-transaction.js';
import { holdBack, sendStatement, withPooledClient } from './pooled-client.js';

/**
 * One statement that PostgreSQL parses and plans once a connection, executed for each of `values` by itself, all in one
 * round trip: for what nearly every call asks. For all else `dataSource.query` is right.
 * @returns the rows of each, in order.
 * @throws what the driver throws: see `isDatabaseUnavailable`
 */
export function preparedQueries<Row>(
  dataSource: DataSource,
  statement: PreparedStatement,
  values: readonly (readonly unknown[])[],
): Promise<Row[][]> {
  return withPooledClient(dataSource, async (client) => {
    holdBack(client);
    const sent = values.map((parameters) => sendStatement(client, { ...statement, values: [...parameters] }));
    // The connection is given back when nothing is under way on it any more.
    await Promise.allSettled(sent);
    return (await Promise.all(sent)).map(({ rows }) => rows);
  });
}
