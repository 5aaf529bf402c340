import type { DataSource } from 'typeorm';

import type { PreparedStatement } from './pipelined-transaction.js';
import { withPooledClient } from './pooled-client.js';
import { sendBatch } from './statement-batch.js';

/**
 * One statement that PostgreSQL parses and plans once a connection, executed for each of `values`, all in one round trip
 * and one implicit transaction: for what nearly every call asks. For all else `dataSource.query` is right.
 * @returns the rows of each, in order.
 * @throws what the driver throws: see `isDatabaseUnavailable`
 */
export function preparedQueries<Row>(
  dataSource: DataSource,
  statement: PreparedStatement,
  values: readonly (readonly unknown[])[],
): Promise<Row[][]> {
  return withPooledClient(dataSource, async (client) => {
    const answers = await sendBatch(
      client,
      values.map((parameters) => ({ ...statement, values: parameters })),
    );
    return answers.map(({ rows }) => rows as Row[]);
  });
}
