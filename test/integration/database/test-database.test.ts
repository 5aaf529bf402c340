import { expect, it } from 'vitest';

import { describeOnEachDatabase, withDatabase } from '../../support/database.js';

describeOnEachDatabase('a test database', (database) => {
  it('is UTF-8 with C.UTF-8 order and sorts by code point', async () => {
    const [{ encoding }] = await database.dataSource.query<[{ encoding: string }]>(
      'SELECT pg_encoding_to_char(encoding) AS encoding FROM pg_database WHERE datname = current_database()',
    );
    expect(encoding).toBe('UTF8');
    const rows = await database.dataSource.query<{ name: string }[]>(
      `SELECT name FROM (VALUES ('b'), ('a'), ('B'), ('é'), ('z')) AS names (name) ORDER BY name`,
    );
    expect(rows.map((row) => row.name)).toEqual(['B', 'a', 'b', 'z', 'é']);
  });

  it('refuses connections while interrupted and works again when restored', async () => {
    await database.interrupt();
    await expect(database.dataSource.query('SELECT 1')).rejects.toThrow(/terminat|not currently accepting connections/);
    await database.restore();
    // A connection of the pool may only now learn that it was ended.
    await expect.poll(() => database.dataSource.query('SELECT 1 AS one').catch(() => [])).toEqual([{ one: 1 }]);
  });

  it('runs on PostgreSQL 15 or newer', async () => {
    const [{ version }] = await database.dataSource.query<[{ version: number }]>(
      `SELECT current_setting('server_version_num')::int / 10000 AS version`,
    );
    expect(version).toBeGreaterThanOrEqual(15);
  });
});

const [first, second] = [withDatabase({ server: 'embedded' }), withDatabase({ server: 'embedded' })];

it('shares nothing with another one', async () => {
  await first.dataSource.query('CREATE TABLE only_here (id int)');
  await expect(second.dataSource.query('SELECT * FROM only_here')).rejects.toThrow('does not exist');
});
