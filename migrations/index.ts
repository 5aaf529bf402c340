import type { MigrationInterface } from 'typeorm';

/** Every migration, oldest first. One that is not in this list does not run. */
export const migrations: (new () => MigrationInterface)[] = [];
