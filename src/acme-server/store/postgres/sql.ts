import type { DataSource, EntityManager } from 'typeorm';

import { isDatabaseUnavailable } from '../../../platform/database/database-unavailable.js';
import { StoreUnavailableError } from '../../ports/acme-store.js';

/** Statements of one server's store, on the pool or inside a transaction. */
export class Sql {
  constructor(
    private readonly source: DataSource | EntityManager,
    /** Tells the servers on one database apart: `$1` of every statement. */
    private readonly server: string,
  ) {}

  /** The rows of a SELECT, or of an INSERT … RETURNING. */
  rows<Row>(statement: string, parameters: readonly unknown[] = []): Promise<readonly Row[]> {
    return asUnavailable(() => this.source.query<Row[]>(statement, [this.server, ...parameters]));
  }

  async first<Row>(statement: string, parameters: readonly unknown[] = []): Promise<Row | undefined> {
    const [row] = await this.rows<Row>(statement, parameters);
    return row;
  }

  /** How many rows an UPDATE or DELETE has changed: TypeORM gives them as `[rows, count]`. */
  async change(statement: string, parameters: readonly unknown[] = []): Promise<number> {
    const [, count] = await asUnavailable(() =>
      this.source.query<[unknown, number]>(statement, [this.server, ...parameters]),
    );
    return count;
  }

  async execute(statement: string, parameters: readonly unknown[] = []): Promise<void> {
    await asUnavailable(() => this.source.query(statement, [this.server, ...parameters]));
  }

  transaction<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    return asUnavailable(() => this.source.transaction((manager) => work(new Sql(manager, this.server))));
  }
}

async function asUnavailable<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isDatabaseUnavailable(error)) throw error;
    throw new StoreUnavailableError('The database cannot be reached', { cause: error });
  }
}
