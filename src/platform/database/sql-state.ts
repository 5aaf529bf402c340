import { QueryFailedError } from 'typeorm';

/** PostgreSQL's code of an error, from TypeORM or from pg itself; undefined for what is none of PostgreSQL's. */
export function sqlState(error: unknown): string | undefined {
  if (error instanceof QueryFailedError) return sqlState(error.driverError);
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
