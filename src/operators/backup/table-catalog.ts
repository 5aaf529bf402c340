import type { ClientBase } from 'pg';

import { REBUILT_TABLES, isSealedColumn } from './domain/backup-tables.js';
import type { BackupTable } from './domain/backup-format.js';
import { fillOrder, type Reference } from './domain/fill-order.js';

/** Of a pg client, or of anything that runs a statement like one. */
export type SqlConnection = Pick<ClientBase, 'query'>;

/** Every table of the schema, by name. */
export async function listTables(connection: SqlConnection): Promise<string[]> {
  const { rows } = await connection.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
      WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') ORDER BY relname`,
  );
  return rows.map(({ name }) => name);
}

/** The tables that a backup carries, with their columns, in an order in which they can be filled. */
export async function readCatalog(connection: SqlConnection): Promise<BackupTable[]> {
  const columns = await readColumns(connection);
  const kept = [...columns.keys()].filter((table) => !Object.hasOwn(REBUILT_TABLES, table));
  return fillOrder(kept, await readReferences(connection)).map((name) => {
    const own = columns.get(name)!;
    return { name, columns: own, sealed: own.filter(isSealedColumn) };
  });
}

/** What PostgreSQL computes by itself cannot be written, and is left out. */
async function readColumns(connection: SqlConnection): Promise<Map<string, string[]>> {
  const { rows } = await connection.query<{ table: string; columns: string[] }>(
    `SELECT c.relname AS table, array_agg(a.attname::text ORDER BY a.attnum) AS columns
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      GROUP BY c.relname`,
  );
  return new Map(rows.map(({ table, columns }) => [table, columns]));
}

async function readReferences(connection: SqlConnection): Promise<Reference[]> {
  const { rows } = await connection.query<Reference>(
    `SELECT own.relname AS table, target.relname AS target
       FROM pg_constraint k JOIN pg_class own ON own.oid = k.conrelid JOIN pg_class target ON target.oid = k.confrelid
      WHERE k.contype = 'f' AND own.relnamespace = current_schema()::regnamespace`,
  );
  return rows;
}

/** The migrations that have made the schema, oldest first; undefined when none ever ran here. */
export async function readMigrations(connection: SqlConnection): Promise<string[] | undefined> {
  if (!(await listTables(connection)).includes('migrations')) return undefined;
  const { rows } = await connection.query<{ name: string }>('SELECT name FROM migrations ORDER BY id');
  return rows.map(({ name }) => name);
}

/** The last number that each sequence has given out. They stand outside of transactions: newer than a snapshot, never older. */
export async function readSequences(connection: SqlConnection): Promise<Record<string, string>> {
  const { rows } = await connection.query<{ name: string; last: string }>(
    `SELECT sequencename AS name, last_value::text AS last FROM pg_sequences
      WHERE schemaname = current_schema() AND last_value IS NOT NULL`,
  );
  return Object.fromEntries(rows.map(({ name, last }) => [name, last]));
}
