import { Migration, MigrationExecutor, type DataSource, type QueryRunner } from 'typeorm';

import { migrations as knownMigrations } from '../../../migrations/index.js';

/** Brings an empty schema to the level of a backup, and a filled one on to this release's, inside a transaction of ours. */
export class SchemaLevel {
  readonly #executor: MigrationExecutor;

  constructor(dataSource: DataSource, runner: QueryRunner) {
    this.#executor = new MigrationExecutor(dataSource, runner);
    // The transaction is the caller's: all of it, or nothing.
    this.#executor.transaction = 'none';
  }

  /** Makes the schema that these migrations make; rows that there are get lost. */
  async make(names: readonly string[]): Promise<void> {
    const executed = await this.#executed();
    if (executed.length === names.length && names.every((name) => executed.includes(name))) return;
    for (let left = executed.length; left > 0; left -= 1) await this.#executor.undoLastMigration();
    await this.#run(knownMigrations.filter(({ name }) => names.includes(name)));
  }

  /** Runs what this release has beyond that. @returns the names, oldest first */
  async complete(): Promise<string[]> {
    const executed = await this.#executed();
    const missing = knownMigrations.filter(({ name }) => !executed.includes(name));
    await this.#run(missing);
    return missing.map(({ name }) => name);
  }

  async #executed(): Promise<string[]> {
    return (await this.#executor.getExecutedMigrations()).map(({ name }) => name);
  }

  async #run(list: typeof knownMigrations): Promise<void> {
    for (const Type of list) {
      const timestamp = Number(/\d+$/.exec(Type.name)?.[0]);
      await this.#executor.executeMigration(new Migration(undefined, timestamp, Type.name, new Type()));
    }
  }
}
