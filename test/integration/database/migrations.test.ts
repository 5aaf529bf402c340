import { DataSource, type QueryRunner } from 'typeorm';
import { describe, expect, it } from 'vitest';

import { migrations } from '../../../migrations/index.js';
import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import { migrateDatabase } from '../../../src/platform/database/migrate-database.js';
import { describeOnEachDatabase } from '../../support/database.js';

const names = migrations.map((migration) => migration.name);
const silent = { log: (): void => undefined, warn: (): void => undefined };

describe('the list of migrations', () => {
  it('is in the order of the timestamps that TypeORM runs them in', () => {
    const timestamps = names.map((name) => name.slice(-13));
    expect(timestamps).toEqual(timestamps.toSorted());
    expect(new Set(timestamps).size).toBe(names.length);
  });
});

describeOnEachDatabase(
  'migrations',
  (database) => {
    it('run once when several servers start at the same time', async () => {
      const done = await Promise.all([1, 2, 3].map(() => migrateDatabase(database.url, silent)));
      expect(done.flat()).toEqual(names);
      expect(await migrateDatabase(database.url, silent)).toEqual([]);
    });

    it('can be undone and run again, one by one', async () => {
      const dataSource = new DataSource(dataSourceOptions({ url: database.url, migrations: [...migrations] }));
      await dataSource.initialize();
      try {
        const runner: QueryRunner = dataSource.createQueryRunner();
        const before = await schemaOf(runner);
        for (const _ of names) await dataSource.undoLastMigration({ transaction: 'each' });
        expect(await schemaOf(runner)).toEqual([]);
        await dataSource.runMigrations({ transaction: 'each' });
        expect(await schemaOf(runner)).toEqual(before);
        await runner.release();
      } finally {
        await dataSource.destroy();
      }
    });

    it('say what to do when the role may not make tables', async () => {
      const role = `limited_${process.pid}`;
      await database.dataSource.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
      try {
        const url = new URL(database.url);
        [url.username, url.password] = [role, 'x'];
        await database.dataSource.query('REVOKE ALL ON SCHEMA public FROM public');
        await database.dataSource.query('GRANT USAGE ON SCHEMA public TO public');
        await expect(migrateDatabase(url.href, silent)).rejects.toThrow(/permission denied.*make it the owner/);
      } finally {
        await database.dataSource.query(`DROP ROLE ${role}`);
      }
    });

    it('warn when a newer release has migrated the database', async () => {
      await database.dataSource.query(`INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'Later')`);
      const warnings: string[] = [];
      await migrateDatabase(database.url, { ...silent, warn: (message) => warnings.push(message) });
      expect(warnings).toEqual([expect.stringContaining('Later')]);
    });
  },
  { migrated: false },
);

/** Every column, constraint, index, function and type that a migration made; an extension stays, others may use it. */
async function schemaOf(runner: QueryRunner): Promise<unknown[]> {
  return (await runner.query(`
    SELECT 'column' AS kind, format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) AS what
      FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT IN ('migrations', 'typeorm_metadata')
    UNION ALL
    SELECT 'constraint', format('%s %s', conrelid::regclass, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        AND conrelid::regclass::text NOT IN ('migrations', 'typeorm_metadata', '-')
    UNION ALL
    SELECT 'index', indexdef FROM pg_indexes
      WHERE schemaname = 'public' AND tablename NOT IN ('migrations', 'typeorm_metadata')
    UNION ALL
    SELECT 'function', oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
       AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = pg_proc.oid AND d.deptype = 'e')
    UNION ALL
    SELECT 'type', typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
    ORDER BY 1, 2`)) as unknown[];
}
