import type { DataSource } from 'typeorm';

/**
 * Who of several servers does a job that is due: one conditional UPDATE decides. By the database's clock, which is the
 * one that all of them share.
 * @returns whether this call is the one that does it now
 */
export async function claimJob(
  dataSource: Pick<DataSource, 'query'>,
  name: string,
  everySeconds: number,
): Promise<boolean> {
  const rows = await dataSource.query<unknown[]>(
    // `<=`: a job that is due this very moment is due. The first call of all makes the row, and does the job.
    `INSERT INTO periodic_jobs AS job (name, due_at) VALUES ($1, now() + $2 * interval '1 second')
       ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at WHERE job.due_at <= now()
       RETURNING name`,
    [name, everySeconds],
  );
  return rows.length > 0;
}
