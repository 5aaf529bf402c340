import type { PoolClient, QueryConfig, QueryResult } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';

import { holdBack, sendStatement, withPooledClient } from './pooled-client.js';

/** A statement that PostgreSQL parses once a connection and then knows by its name, which has to stand for one text. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}

/**
 * A prepared statement keeps its plan, from the first time on: planning takes as long as a small change itself. One that
 * was planned while a table was small must not read the whole of it when it has grown, be it to scan or to join it:
 * indexes are taken from the beginning, and a row is looked up for each value.
 */
const SETTINGS = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
};
const BEGIN = [
  'START TRANSACTION',
  ...Object.entries(SETTINGS).map(([name, value]) => `SET LOCAL ${name} = ${value}`),
].join('; ');

/** What runs in a transaction whose statements do not wait for each other's answers. */
export interface PipelinedTransaction {
  /**
   * Sends the statement at once, behind those that were sent before. PostgreSQL executes them in that order, so that
   * several that need nothing of each other's answers cost one round trip.
   */
  send<Row>(statement: PreparedStatement, values: readonly unknown[]): Promise<Row[]>;
  /**
   * Sends the commit behind what was sent before, without waiting for the answers: for a body that nothing but a failed
   * statement can stop any more. Where one fails, PostgreSQL rolls back instead, and the transaction rejects. Nothing
   * may be sent after it.
   */
  commit(): void;
  /** For statements of others in the same transaction. They must not begin or end one. */
  readonly manager: StatementRunner;
}

/** Executes statements one by one, and answers as TypeORM does: rows; for UPDATE and DELETE rows and their number. */
export type StatementRunner = Pick<EntityManager, 'query'>;

/**
 * A transaction on a connection of the pool: committed when `body` resolves, rolled back when it rejects. Nothing that
 * `body` has begun may still be under way then. What is sent first shares the round trip of the beginning.
 */
export function pipelinedTransaction<Result>(
  dataSource: DataSource,
  body: (transaction: PipelinedTransaction) => Promise<Result>,
): Promise<Result> {
  return withPooledClient(dataSource, (client) => transact(client, body));
}

async function transact<Result>(
  client: PoolClient,
  body: (transaction: PipelinedTransaction) => Promise<Result>,
): Promise<Result> {
  holdBack(client);
  const begun = sendStatement(client, { text: BEGIN });
  // Whoever sends a statement hears of it.
  begun.catch(() => undefined);
  let committed: Promise<QueryResult> | undefined;
  const commit = (): Promise<QueryResult> => {
    if (committed) return committed;
    holdBack(client);
    committed = sendStatement(client, { text: 'COMMIT' });
    committed.catch(() => undefined);
    return committed;
  };
  const send = async (statement: QueryConfig): Promise<QueryResult> => {
    holdBack(client);
    const answer = sendStatement(client, statement);
    // Without a transaction, every statement after this one would be committed by itself.
    const [result] = await Promise.all([answer, begun]);
    return result;
  };
  try {
    const result = await body({
      send: async (statement, values) => (await send({ ...statement, values: [...values] })).rows,
      commit: () => void commit(),
      manager: { query: async (text, values) => asTypeOrm(await send({ text, values: values as unknown[] })) },
    });
    await begun;
    const { command } = await commit();
    if (command !== 'COMMIT') throw new Error('PostgreSQL rolled the transaction back: a statement in it had failed.');
    return result;
  } catch (error) {
    // A connection that is gone has rolled back, and a commit behind a statement that failed is a rollback.
    await (committed ?? sendStatement(client, { text: 'ROLLBACK' })).catch(() => undefined);
    throw error;
  }
}

function asTypeOrm<Answer>({ command, rows, rowCount }: QueryResult): Answer {
  return (command === 'UPDATE' || command === 'DELETE' ? [rows, rowCount] : rows) as Answer;
}
