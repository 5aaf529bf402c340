import pg, { type PoolClient } from 'pg';
import { beforeAll, beforeEach, expect, it } from 'vitest';

import { withPooledClient } from '../../../src/platform/database/pooled-client.js';
import { sendBatch, type Statement } from '../../../src/platform/database/statement-batch.js';
import { describeOnEachDatabase } from '../../support/database.js';

const INSERT = 'INSERT INTO entries VALUES ($1::text::integer)';
const insert = (value: unknown): Statement => ({ name: 'insert-entry', text: INSERT, values: [value] });
const all: Statement = { text: 'SELECT entry FROM entries ORDER BY entry', values: [] };

describeOnEachDatabase('a batch of statements', (database) => {
  beforeAll(() => database.dataSource.query('CREATE TABLE entries (entry integer UNIQUE)'));
  beforeEach(() => database.dataSource.query('TRUNCATE entries'));

  const run = <T>(body: (client: PoolClient) => Promise<T>): Promise<T> => withPooledClient(database.dataSource, body);
  const entries = async (): Promise<unknown[]> => {
    const rows = await database.dataSource.query<{ entry: number }[]>(all.text);
    return rows.map(({ entry }) => entry);
  };
  /** Counts what PostgreSQL sends while `body` runs. */
  const messages = async (client: PoolClient, body: () => Promise<unknown>): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    const count = ({ name }: { name: string }): void => void (counts[name] = (counts[name] ?? 0) + 1);
    client.connection.on('message', count);
    await body().finally(() => client.connection.off('message', count));
    return counts;
  };

  it('is answered in one go, however many they are', async () => {
    const counts = await run((client) => messages(client, () => sendBatch(client, [insert(1), insert(2), all, all])));
    expect(counts).toMatchObject({ commandComplete: 4, dataRow: 4, readyForQuery: 1 });
  });

  it('runs in order, and each statement has its own answer', async () => {
    const answers = await run((client) =>
      sendBatch(client, [
        insert(1),
        all,
        insert(2),
        all,
        { text: 'UPDATE entries SET entry = entry + 10', values: [] },
        { text: 'DELETE FROM entries WHERE entry > $1 RETURNING entry', values: [11] },
        { text: 'DELETE FROM entries WHERE entry > $1', values: [11] },
        { text: '', values: [] },
        { text: 'CREATE TEMPORARY TABLE others ()', values: [] },
      ]),
    );
    expect(answers).toEqual([
      { command: 'INSERT', rowCount: 1, rows: [] },
      { command: 'SELECT', rowCount: 1, rows: [{ entry: 1 }] },
      { command: 'INSERT', rowCount: 1, rows: [] },
      { command: 'SELECT', rowCount: 2, rows: [{ entry: 1 }, { entry: 2 }] },
      { command: 'UPDATE', rowCount: 2, rows: [] },
      { command: 'DELETE', rowCount: 1, rows: [{ entry: 12 }] },
      { command: 'DELETE', rowCount: 0, rows: [] },
      { command: '', rowCount: 0, rows: [] },
      { command: 'CREATE TABLE', rowCount: 0, rows: [] },
    ]);
  });

  it('parses and describes a statement with a name once a connection, one without each time', async () => {
    const named: Statement = { name: 'sum', text: 'SELECT $1::int + $2::int AS sum', values: [1, 2] };
    const unnamed: Statement = { text: named.text, values: [3, 4] };
    await run(async (client) => {
      const batch = [named, named, unnamed];
      const counts = await messages(client, async () => {
        expect((await sendBatch(client, batch)).map(({ rows }) => rows[0])).toEqual([
          { sum: 3 },
          { sum: 3 },
          { sum: 7 },
        ]);
      });
      expect(counts).toMatchObject({ parseComplete: 2, rowDescription: 2 });
      const again = await messages(client, async () => {
        expect((await sendBatch(client, batch)).map(({ rows }) => rows[0])).toEqual([
          { sum: 3 },
          { sum: 3 },
          { sum: 7 },
        ]);
      });
      expect(again).toMatchObject({ parseComplete: 1, rowDescription: 1 });
    });
  });

  it('reads values as all other statements do', async () => {
    const text = `SELECT NULL AS nothing, 7 AS number, 8::bigint AS large, true AS yes, '{a,NULL}'::text[] AS list,
      '\\x00ff'::bytea AS octets, ARRAY['\\x01'::bytea] AS "manyOctets", '{"a": 1}'::jsonb AS json,
      '2026-01-02T03:04:05Z'::timestamptz AS at, $1::text AS text, $2::bytea AS sent, $3::text[] AS sent_list,
      $4::timestamptz AS sent_at, $5::text AS missing, $6::jsonb AS sent_json`;
    const at = new Date('2026-01-02T03:04:05.678Z');
    const values = ['ä"\\', Buffer.from([0, 255]), ['x,y', null, '"'], at, undefined, { b: [2] }];
    const [expected]: unknown[] = await database.dataSource.query(text, values);
    const answers = await run((client) => sendBatch(client, [{ text, values }]));
    expect(answers[0]!.rows).toEqual([expected]);
  });

  it('ends at a statement that fails: nothing behind it runs, and what stands before it is undone', async () => {
    await run(async (client) => {
      await expect(sendBatch(client, [insert(1), insert('one'), insert(2), all])).rejects.toMatchObject({
        code: '22P02',
      });
      expect((await sendBatch(client, [all]))[0]!.rows).toEqual([]);
    });
  });

  it('in a transaction leaves it failed, and a commit behind the failure is not executed', async () => {
    await run(async (client) => {
      const begin: Statement = { name: 'begin', text: 'START TRANSACTION', values: [] };
      const commit: Statement = { name: 'commit', text: 'COMMIT', values: [] };
      await expect(sendBatch(client, [begin, insert(1), insert(1), commit])).rejects.toMatchObject({ code: '23505' });
      await expect(sendBatch(client, [all])).rejects.toMatchObject({ code: '25P02' });
      expect((await sendBatch(client, [commit]))[0]!.command).toBe('ROLLBACK');
    });
    expect(await entries()).toEqual([]);
  });

  it('can use a statement that failed the first time', async () => {
    await run(async (client) => {
      const once: Statement = { name: 'first-time', text: 'SELECT 1 / $1::int AS one', values: [0] };
      await expect(sendBatch(client, [once])).rejects.toMatchObject({ code: '22012' });
      const answers = await sendBatch(client, [
        { ...once, values: [1] },
        { ...once, values: [1] },
      ]);
      expect(answers.map(({ rows }) => rows)).toEqual([[{ one: 1 }], [{ one: 1 }]]);
    });
  });

  it('that fails has its statements parsed again, but for those that were known before', async () => {
    const older: Statement = { name: 'older', text: 'SELECT entry FROM entries', values: [] };
    const newer: Statement = { name: 'newer', text: 'SELECT count(*) FROM entries', values: [] };
    await run(async (client) => {
      await sendBatch(client, [older, insert(1)]);
      await expect(sendBatch(client, [older, newer, insert(1)])).rejects.toThrow('duplicate key');
      const counts = await messages(client, () => sendBatch(client, [older, newer, insert(2)]));
      expect(counts).toMatchObject({ parseComplete: 1, commandComplete: 3 });
    });
    expect(await entries()).toEqual([1, 2]);
  });

  it('can use a statement whose columns have become others, once it has failed', async () => {
    await database.dataSource.query('CREATE TABLE shapes (side integer)');
    await database.dataSource.query('INSERT INTO shapes VALUES (1)');
    await run(async (client) => {
      const shapes: Statement = { name: 'shapes', text: 'SELECT * FROM shapes', values: [] };
      expect((await sendBatch(client, [shapes]))[0]!.rows).toEqual([{ side: 1 }]);
      await database.dataSource.query(`ALTER TABLE shapes ALTER side TYPE text USING 'one', ADD colour text`);
      await expect(sendBatch(client, [shapes])).rejects.toMatchObject({ code: '0A000' });
      expect((await sendBatch(client, [shapes]))[0]!.rows).toEqual([{ side: 'one', colour: null }]);
    });
  });

  it('fails when PostgreSQL refuses to commit what it has executed', async () => {
    await database.dataSource.query('CREATE TABLE deferred (number integer UNIQUE DEFERRABLE INITIALLY DEFERRED)');
    await run(async (client) => {
      const twice: Statement = { text: 'INSERT INTO deferred VALUES (1), (1)', values: [] };
      await expect(sendBatch(client, [twice])).rejects.toMatchObject({ code: '23505' });
      expect((await sendBatch(client, [{ text: 'SELECT * FROM deferred', values: [] }]))[0]!.rows).toEqual([]);
    });
  });

  it('has as many rows as there are, in whatever pieces they come', async () => {
    const text = `SELECT n, repeat(n::text, 100) AS text FROM generate_series(1, $1::int) AS n`;
    const [answer, next] = await run((client) =>
      sendBatch(client, [
        { text, values: [20_000] },
        { text, values: [1] },
      ]),
    );
    expect(answer!.rows).toHaveLength(20_000);
    expect(answer!.rows.at(-1)).toEqual({ n: 20_000, text: '20000'.repeat(100) });
    expect(next!.rows).toEqual([{ n: 1, text: '1'.repeat(100) }]);
  });

  it('is followed by another that was sent without waiting for it', async () => {
    await run(async (client) => {
      const failing = sendBatch(client, [insert('none')]);
      const answers = sendBatch(client, [insert(3), all]);
      await expect(failing).rejects.toMatchObject({ code: '22P02' });
      expect((await answers)[1]!.rows).toEqual([{ entry: 3 }]);
    });
  });

  it('sends nothing when a value cannot be sent, or a name stands for another statement', async () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    await run(async (client) => {
      await expect(sendBatch(client, [insert(1), insert(circle)])).rejects.toThrow('circular');
      await sendBatch(client, [insert(2)]);
      const other: Statement = { name: 'insert-entry', text: 'SELECT 1', values: [] };
      await expect(sendBatch(client, [insert(3), other])).rejects.toThrow('stands for another statement');
      expect((await sendBatch(client, [all]))[0]!.rows).toEqual([{ entry: 2 }]);
    });
  });

  it('with a row that cannot be read fails, and those behind it do not', async () => {
    pg.types.setTypeParser(pg.types.builtins.MACADDR8, (): string => {
      throw new Error('unreadable');
    });
    await run(async (client) => {
      const unreadable: Statement = { text: `SELECT '08:00:2b:01:02:03:04:05'::macaddr8`, values: [] };
      const answers = [sendBatch(client, [insert(4), unreadable, all]), sendBatch(client, [all])] as const;
      await expect(answers[0]).rejects.toThrow('unreadable');
      expect((await answers[1])[0]!.rows).toEqual([{ entry: 4 }]);
    });
  });

  it('of none is answered', async () => {
    expect(await run((client) => sendBatch(client, []))).toEqual([]);
  });
});
