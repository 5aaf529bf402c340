import type { TestProject } from 'vitest/node';

import { DatabaseServers } from './database-servers.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where test files ask for a PostgreSQL server; see test/support/database.ts. */
    databaseServers: string;
  }
}

/** Runs once before all test files, in vitest's main process; what it returns runs after them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  process.env['NODE_ENV'] = 'test';
  const servers = new DatabaseServers();
  project.provide('databaseServers', await servers.listen());
  return () => servers.close();
}
