import { beforeAll, beforeEach, expect, it } from 'vitest';

import { isDatabaseUnavailable } from '../../../src/platform/database/database-unavailable.js';
import {
  type PipelinedTransaction,
  pipelinedTransaction,
} from '../../../src/platform/database/pipelined-transaction.js';
import { describeOnEachDatabase } from '../../support/database.js';

const INSERT = { name: 'insert-number', text: 'INSERT INTO numbers VALUES ($1) RETURNING number' };
const COUNT = { name: 'count-numbers', text: 'SELECT count(*)::int AS count FROM numbers' };
const LEVEL = { name: 'in-transaction', text: 'SELECT now() = statement_timestamp() AS alone' };
const PID = { name: 'backend-pid', text: 'SELECT pg_backend_pid() AS pid' };
const EXPLAIN = {
  name: 'explain-join',
  text: `EXPLAIN SELECT * FROM jsonb_to_recordset('[]'::jsonb) AS v (number int) JOIN numbers USING (number)`,
};

describeOnEachDatabase('a pipelined transaction', (database) => {
  beforeAll(() => database.dataSource.query('CREATE TABLE numbers (number integer PRIMARY KEY)'));
  beforeEach(() => database.dataSource.query('TRUNCATE numbers'));

  const run = <T>(body: (transaction: PipelinedTransaction) => Promise<T>): Promise<T> =>
    pipelinedTransaction(database.dataSource, body);
  const committed = async (): Promise<number[]> => {
    const rows = await database.dataSource.query<{ number: number }[]>('SELECT number FROM numbers ORDER BY number');
    return rows.map(({ number }) => number);
  };

  it('executes what is sent at once in the order of sending, and commits it', async () => {
    const counts = await run((transaction) =>
      Promise.all([1, 2, 3].flatMap((number) => [transaction.send(INSERT, [number]), transaction.send(COUNT, [])])),
    );
    expect(counts).toEqual([
      [{ number: 1 }],
      [{ count: 1 }],
      [{ number: 2 }],
      [{ count: 2 }],
      [{ number: 3 }],
      [{ count: 3 }],
    ]);
    expect(await committed()).toEqual([1, 2, 3]);
  });

  it('has begun before its first statement is executed', async () => {
    const alone = await run(async (transaction) => {
      await transaction.send(COUNT, []);
      return transaction.send(LEVEL, []);
    });
    expect(alone).toEqual([{ alone: false }]);
  });

  it('is rolled back when its body rejects', async () => {
    const failing = run(async (transaction) => {
      await transaction.send(INSERT, [1]);
      await transaction.manager.query('INSERT INTO numbers VALUES (2)');
      throw new Error('out of order');
    });
    await expect(failing).rejects.toThrow('out of order');
    expect(await committed()).toEqual([]);
  });

  it('is not taken for committed when a statement failed that nobody asked about', async () => {
    const failing = run(async (transaction) => {
      await transaction.send(INSERT, [1]);
      await transaction.send(INSERT, [1]).catch(() => undefined);
    });
    await expect(failing).rejects.toThrow('duplicate key');
    expect(await committed()).toEqual([]);
  });

  it('that could not begin executes nothing by itself', async () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const failing = run(async (transaction) => {
      await transaction.send(INSERT, [circle]).catch(() => undefined);
      await transaction.send(INSERT, [1]).catch(() => undefined);
      transaction.commit();
    });
    await expect(failing).rejects.toThrow('circular');
    expect(await committed()).toEqual([]);
  });

  it('fails when a statement in it could not be sent, also where nobody asked about it', async () => {
    const failing = run(async (transaction) => {
      await transaction.send(INSERT, [1]);
      await transaction.send({ ...INSERT, text: 'SELECT 1' }, []).catch(() => undefined);
    });
    await expect(failing).rejects.toThrow('another statement');
    expect(await committed()).toEqual([]);
  });

  it('executes nothing that is sent behind its commit', async () => {
    const late = run(async (transaction) => {
      const first = transaction.send(INSERT, [1]);
      transaction.commit();
      await expect(transaction.send(INSERT, [2])).rejects.toThrow('after the commit');
      return first;
    });
    expect(await late).toEqual([{ number: 1 }]);
    expect(await committed()).toEqual([1]);
  });

  it('fails when PostgreSQL refuses the commit itself', async () => {
    await database.dataSource.query(
      'CREATE TABLE checked (number integer UNIQUE DEFERRABLE INITIALLY DEFERRED, at timestamptz)',
    );
    const failing = run(async (transaction) => {
      await transaction.manager.query('INSERT INTO checked VALUES (1), (1)');
      transaction.commit();
    });
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    expect(await database.dataSource.query('SELECT * FROM checked')).toEqual([]);
  });

  it('that breaks while its commit is under way rejects, and nothing of it is there', async () => {
    const breaking = run(async (transaction) => {
      const [row] = await transaction.send<{ pid: number }>(PID, []);
      const answers = Promise.all([
        transaction.send(INSERT, [1]),
        transaction.manager.query('SELECT pg_sleep(10)'),
        database.dataSource.query('SELECT pg_terminate_backend($1)', [row!.pid]),
      ]);
      transaction.commit();
      return answers;
    });
    const error: unknown = await breaking.catch((reason: unknown) => reason);
    expect(isDatabaseUnavailable(error)).toBe(true);
    expect(await committed()).toEqual([]);
  });

  it('gives its connection back after a failure, for the next one', async () => {
    const pids: unknown[] = [];
    for (const value of [1, 1, 'no number', 2]) {
      const one = run(async (transaction) => {
        pids.push(await transaction.send(PID, []));
        await transaction.send(INSERT, [value]);
      });
      await one.catch(() => undefined);
    }
    expect(pids).toEqual(Array.from(pids, () => pids[0]));
    expect(await committed()).toEqual([1, 2]);
  });

  it('commits behind its last statements, before their answers are there', async () => {
    const written = run(async (transaction) => {
      const answers = Promise.all([transaction.send(INSERT, [1]), transaction.send(INSERT, [2])]);
      transaction.commit();
      return answers;
    });
    expect(await written).toEqual([[{ number: 1 }], [{ number: 2 }]]);
    expect(await committed()).toEqual([1, 2]);
  });

  it('whose commit went out behind a statement that fails is rolled back, and says why', async () => {
    const failing = run(async (transaction) => {
      const answers = Promise.all([transaction.send(INSERT, [1]), transaction.send(INSERT, [1])]);
      transaction.commit();
      return answers;
    });
    await expect(failing).rejects.toThrow('duplicate key');
    expect(await committed()).toEqual([]);
    await run((transaction) => transaction.send(INSERT, [1]));
    expect(await committed()).toEqual([1]);
  });

  it('looks up a row for each value, also where joining the whole table looked cheap at first', async () => {
    await database.dataSource.query('INSERT INTO numbers SELECT generate_series(1, 200)');
    await database.dataSource.query('ANALYZE numbers');
    const lines = await run((transaction) => transaction.send<{ 'QUERY PLAN': string }>(EXPLAIN, []));
    const plan = lines.map((line) => line['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Nested Loop/);
    expect(plan).toMatch(/Index .*numbers_pkey/);
    expect(plan).not.toMatch(/Hash Join|Merge Join|Seq Scan/);
  });

  it('leaves a connection behind that others can use, after a failure too', async () => {
    for (let round = 0; round < 40; round += 1) {
      await run((transaction) => transaction.send(INSERT, ['no number'])).catch(() => undefined);
      await run((transaction) => transaction.send(INSERT, [round]));
    }
    expect(await committed()).toHaveLength(40);
  });
});
