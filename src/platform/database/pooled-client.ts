import type { Pool, PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';

import { isDatabaseUnavailable, isStatementCancelled } from './database-unavailable.js';
import { sendBatch } from './statement-batch.js';

/** Their error event is listened to: without a listener, a connection that breaks would end the process. */
const guarded = new WeakSet<PoolClient>();

/**
 * Lends a connection of the pool to `body`, past TypeORM: for statements that nearly every call makes. A query runner
 * costs about as much as such a statement.
 * @throws what `body` rejects with, or what the pool says when it has no connection: see `isDatabaseUnavailable`
 */
export async function withPooledClient<Result>(
  dataSource: DataSource,
  body: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await connect(poolOf(dataSource));
  let isOver = false;
  try {
    return await body(client);
  } catch (error) {
    // PostgreSQL may have said why it ends a connection, and the end itself is still on its way.
    isOver = isDatabaseUnavailable(error) && !isStatementCancelled(error);
    // The answer to a Sync brings the state of the transaction up to date, which may be on its way after an error.
    isOver ||= await sendBatch(client, []).then(
      () => false,
      () => true,
    );
    throw error;
  } finally {
    // Whoever gets it next would run in a transaction that is not his.
    client.release(isOver || client.getTransactionStatus() !== 'I');
  }
}

function connect(pool: Pool): Promise<PoolClient> {
  return new Promise((resolve, reject) => {
    pool.connect((error, client) => {
      if (!client) {
        reject(error ?? new Error('The pool has no connection.'));
        return;
      }
      if (!guarded.has(client)) {
        // Whoever waits for an answer on it hears of it.
        client.on('error', () => undefined);
        guarded.add(client);
      }
      resolve(client);
    });
  });
}

function poolOf({ driver }: DataSource): Pool {
  if (!(driver instanceof PostgresDriver)) throw new Error('The data source is not PostgreSQL.');
  // As TypeORM says it of a data source that was closed.
  if (!driver.master) throw new Error('Driver not Connected');
  return driver.master as Pool;
}
