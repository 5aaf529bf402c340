import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

import type { PreparedStatement } from './pipelined-transaction.js';

/**
 * One statement by itself that PostgreSQL parses and plans once a connection: for what nearly every call asks. For all
 * else `dataSource.query` is right.
 * @throws what the driver throws: see `isDatabaseUnavailable`
 */
export async function preparedQuery<Row>(
  dataSource: DataSource,
  statement: PreparedStatement,
  values: readonly unknown[],
): Promise<Row[]> {
  const runner = dataSource.createQueryRunner();
  try {
    const client: PoolClient = await runner.connect();
    const { rows } = await client.query({ ...statement, values: [...values] });
    return rows;
  } finally {
    await runner.release();
  }
}
