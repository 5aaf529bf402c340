import type { PoolClient } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';

import { withPooledClient } from './pooled-client.js';
import { sendBatch, type Statement, type StatementAnswer } from './statement-batch.js';

/** A statement that PostgreSQL parses once a connection and then knows by its name, which has to stand for one text. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}

/**
 * A prepared statement keeps its plan until what PostgreSQL has noted of the table's size changes: planning takes as long
 * as a small change itself. One that was planned while a table was small must not read the whole of it when it has
 * grown, be it to scan or to join it: indexes are taken from the beginning, and a row is looked up for each value. A
 * page anywhere costs as much as the next one, so that few rows are not read by a bitmap, which knows nothing of rows
 * that are gone.
 */
const SETTINGS = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  random_page_cost: '1',
  // Octets are compared as text.
  bytea_output: 'hex',
};
const BEGIN = { name: 'begin', text: 'START TRANSACTION', values: [] };
const SET = {
  name: 'set-planning',
  text: `SELECT ${Object.entries(SETTINGS)
    .map(([name, value]) => `set_config('${name}', '${value}', true)`)
    .join(', ')}`,
  values: [],
};
const COMMIT = { name: 'commit', text: 'COMMIT', values: [] };
const ROLLBACK = { name: 'rollback', text: 'ROLLBACK', values: [] };

/** What runs in a transaction whose statements do not wait for each other's answers. */
export interface PipelinedTransaction {
  /**
   * Sends the statement behind those that were sent before. PostgreSQL executes them in that order; those of one turn
   * of the event loop, which cannot need each other's answers, share a round trip and fail together.
   */
  send<Row>(statement: PreparedStatement, values: readonly unknown[]): Promise<Row[]>;
  /**
   * Sends the commit together with what was sent in this turn: for a body that nothing but a failed statement can stop
   * any more. Where one fails, the commit is not executed, and the transaction rejects. Nothing can be sent after it.
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
  const line = new StatementLine(client);
  let committed: Promise<StatementAnswer> | undefined;
  const commit = (): Promise<StatementAnswer> => {
    committed ??= line.end(COMMIT);
    committed.catch(() => undefined);
    return committed;
  };
  // Whoever sends a statement hears of it.
  for (const statement of [BEGIN, SET]) line.send(statement).catch(() => undefined);
  try {
    const result = await body({
      send: async <Row>(statement: PreparedStatement, values: readonly unknown[]) =>
        (await line.send({ ...statement, values })).rows as Row[],
      commit: () => void commit(),
      manager: { query: async (text: string, values: unknown[] = []) => asTypeOrm(await line.send({ text, values })) },
    });
    const { command } = await commit();
    if (command !== 'COMMIT') throw new Error('PostgreSQL rolled the transaction back: a statement in it had failed.');
    return result;
  } catch (error) {
    await line.close(error);
    // Unless the commit was executed and its answer lost with the connection. One that is left is looked at before it
    // is lent again.
    await sendBatch(client, [ROLLBACK]).catch(() => undefined);
    throw error;
  }
}

interface Waiting {
  readonly statement: Statement;
  resolve(answer: StatementAnswer): void;
  reject(reason: unknown): void;
}

/**
 * Gathers the statements of a turn of the event loop, and sends them together, one batch after the other. Once any has
 * failed, nothing more is sent: the transaction may not even have begun, and it has to fail as a whole.
 */
class StatementLine {
  #waiting: Waiting[] = [];
  #sending: Promise<void> | undefined;
  #failure: { readonly reason: unknown } | undefined;
  #hasEnded = false;

  constructor(private readonly client: PoolClient) {}

  send(statement: Statement): Promise<StatementAnswer> {
    // It would be committed by itself.
    if (this.#hasEnded) return Promise.reject(new Error('A statement came after the commit of its transaction.'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ statement, resolve, reject });
      this.#sending ??= this.#sendAll();
    });
  }

  /** Sends the last statement. */
  end(statement: Statement): Promise<StatementAnswer> {
    const answer = this.send(statement);
    this.#hasEnded = true;
    return answer;
  }

  /** What waits is not sent any more, and fails. Resolves when nothing is under way. */
  async close(reason: unknown): Promise<void> {
    this.#failure ??= { reason };
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      // What the callbacks that are due have to send belongs to it.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      await this.#sendTogether(this.#waiting.splice(0));
    }
    this.#sending = undefined;
  }

  async #sendTogether(sent: readonly Waiting[]): Promise<void> {
    try {
      if (this.#failure) throw this.#failure.reason;
      const answers = await sendBatch(
        this.client,
        sent.map(({ statement }) => statement),
      );
      sent.forEach(({ resolve }, index) => resolve(answers[index]!));
    } catch (reason) {
      this.#failure ??= { reason };
      for (const { reject } of sent) reject(reason);
    }
  }
}

function asTypeOrm<Answer>({ command, rows, rowCount }: StatementAnswer): Answer {
  return (command === 'UPDATE' || command === 'DELETE' ? [rows, rowCount] : rows) as Answer;
}
