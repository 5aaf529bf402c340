import type { PoolClient, QueryResult } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';

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
  /** For statements of others in the same transaction. It must not begin or end one. */
  readonly manager: Pick<EntityManager, 'query'>;
}

/**
 * A transaction on a connection of the pool: committed when `body` resolves, rolled back when it rejects. Nothing that
 * `body` has begun may still be under way then. What is sent first shares the round trip of the beginning.
 */
export async function pipelinedTransaction<Result>(
  dataSource: DataSource,
  body: (transaction: PipelinedTransaction) => Promise<Result>,
): Promise<Result> {
  const runner = dataSource.createQueryRunner();
  try {
    const client: PoolClient = await runner.connect();
    holdBack(client);
    const begun = client.query(BEGIN);
    // Whoever sends a statement hears of it.
    begun.catch(() => undefined);
    let committed: Promise<QueryResult> | undefined;
    const commit = (): Promise<QueryResult> => {
      if (committed) return committed;
      holdBack(client);
      committed = client.query('COMMIT');
      committed.catch(() => undefined);
      return committed;
    };
    try {
      const result = await body({
        send: async (statement, values) => {
          holdBack(client);
          const answer = client.query({ ...statement, values: [...values] });
          // Without a transaction, every statement after this one would be committed by itself.
          const [{ rows }] = await Promise.all([answer, begun]);
          return rows;
        },
        commit: () => void commit(),
        manager: runner.manager,
      });
      await begun;
      const { command } = await commit();
      if (command !== 'COMMIT')
        throw new Error('PostgreSQL rolled the transaction back: a statement in it had failed.');
      return result;
    } catch (error) {
      // A connection that is gone has rolled back, and a commit behind a statement that failed is a rollback.
      await (committed ?? client.query('ROLLBACK')).catch(() => undefined);
      throw error;
    }
  } finally {
    await runner.release();
  }
}

/** Keeps what is sent now until the callbacks that are due have run, so that it goes out in one system call. */
function holdBack({ connection: { stream } }: PoolClient): void {
  stream.cork();
  process.nextTick(() => stream.uncork());
}
