import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { expect, it } from 'vitest';

import { isDatabaseUnavailable } from '../../../src/platform/database/database-unavailable.js';
import { preparedQueries } from '../../../src/platform/database/prepared-query.js';
import { withPooledClient } from '../../../src/platform/database/pooled-client.js';
import { sendBatch } from '../../../src/platform/database/statement-batch.js';
import { describeOnEachDatabase } from '../../support/database.js';

const DOUBLE = { name: 'double', text: 'SELECT $1::int * 2 AS doubled, pg_backend_pid() AS pid' };

/** Cancels the `pg_sleep` of a connection, once it has begun. */
async function cancelSleep(dataSource: DataSource, pid: number): Promise<void> {
  let cancelled: unknown[] = [];
  while (cancelled.length === 0) {
    cancelled = await dataSource.query(
      `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'`,
      [pid],
    );
  }
}

describeOnEachDatabase('a connection lent by the pool', (database) => {
  const pid = async (client: PoolClient): Promise<number> => {
    const [answer] = await sendBatch(client, [{ text: 'SELECT pg_backend_pid() AS pid', values: [] }]);
    return answer!.rows[0]!.pid as number;
  };

  it('is given back, also by a body that rejects', async () => {
    const lent: number[] = [];
    for (let round = 0; round < 40; round += 1) {
      const failing = withPooledClient(database.dataSource, async (client) => {
        lent.push(await pid(client));
        throw new Error('enough');
      });
      await expect(failing).rejects.toThrow('enough');
    }
    // More rounds than the pool has connections, one after another: one does.
    expect(new Set(lent).size).toBe(1);
  });

  it('is not lent again when it breaks, and ends nothing but what waits on it', async () => {
    let broken = 0;
    const breaking = withPooledClient(database.dataSource, async (client) => {
      broken = await pid(client);
      await Promise.all([
        sendBatch(client, [{ text: 'SELECT pg_sleep(10)', values: [] }]),
        database.dataSource.query('SELECT pg_terminate_backend($1)', [broken]),
      ]);
    });
    const error: unknown = await breaking.catch((reason: unknown) => reason);
    expect(isDatabaseUnavailable(error)).toBe(true);
    expect(await withPooledClient(database.dataSource, pid)).not.toBe(broken);
  });

  it('is lent again after a statement that PostgreSQL cancelled', async () => {
    let cancelled = 0;
    const waiting = withPooledClient(database.dataSource, async (client) => {
      cancelled = await pid(client);
      await Promise.all([
        sendBatch(client, [{ text: 'SELECT pg_sleep(10)', values: [] }]),
        cancelSleep(database.dataSource, cancelled),
      ]);
    });
    await expect(waiting).rejects.toMatchObject({ code: '57014' });
    expect(await withPooledClient(database.dataSource, pid)).toBe(cancelled);
  });

  it('is not lent again while it is in a transaction', async () => {
    const left: number[] = [];
    for (const text of ['SELECT 1', 'SELECT 1 / 0']) {
      const leaving = withPooledClient(database.dataSource, async (client) => {
        left.push(await pid(client));
        await sendBatch(client, [{ text: 'START TRANSACTION', values: [] }]);
        await sendBatch(client, [{ text, values: [] }]);
      });
      await leaving.catch(() => undefined);
    }
    const failing = withPooledClient(database.dataSource, async (client) => {
      left.push(await pid(client));
      await sendBatch(client, [
        { text: 'START TRANSACTION', values: [] },
        { text: 'SELECT 1 / 0', values: [] },
      ]);
    });
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    expect(left).not.toContain(await withPooledClient(database.dataSource, pid));
    expect(new Set(left).size).toBe(3);
  });

  it('cannot be had of a data source that was closed, which is told as unavailable', async () => {
    const { options } = database.dataSource;
    const closed = await new DataSource(options).initialize();
    await closed.destroy();
    const error: unknown = await withPooledClient(closed, pid).catch((reason: unknown) => reason);
    expect(isDatabaseUnavailable(error)).toBe(true);
  });

  it('takes many executions of a statement in one go, and answers each with its own rows', async () => {
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const answers = await preparedQueries<{ doubled: number; pid: number }>(
      database.dataSource,
      DOUBLE,
      numbers.map((number) => [number]),
    );
    expect(answers.map(([row]) => row?.doubled)).toEqual(numbers.map((number) => number * 2));
    expect(new Set(answers.map(([row]) => row?.pid)).size).toBe(1);
  });

  it('fails as a whole where one of them fails, and still answers others afterwards', async () => {
    await expect(preparedQueries(database.dataSource, DOUBLE, [[1], ['two'], [3]])).rejects.toMatchObject({
      code: '22P02',
    });
    expect(await preparedQueries(database.dataSource, DOUBLE, [[4]])).toMatchObject([[{ doubled: 8 }]]);
  });
});
