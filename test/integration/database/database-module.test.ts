import 'reflect-metadata';

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BeforeApplicationShutdown,
  type INestApplicationContext,
  Injectable,
  Logger,
  Module,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { Column, DataSource, Entity, PrimaryColumn, Repository } from 'typeorm';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { APP_CONFIG, type AppConfig } from '../../../src/platform/config/app-config.js';
import { ConfigModule } from '../../../src/platform/config/config.module.js';
import { readConfig } from '../../../src/platform/config/read-config.js';
import { DATABASE_SERVER, type DatabaseServer } from '../../../src/platform/database/database-server.js';
import { isDatabaseUnavailable } from '../../../src/platform/database/database-unavailable.js';
import { DatabaseModule } from '../../../src/platform/database/database.module.js';
import { migrateDatabase } from '../../../src/platform/database/migrate-database.js';
import { NotificationListener } from '../../../src/platform/database/notification-listener.js';
import { runMigrations } from '../../../src/platform/database/run-migrations.js';
import { describeOnEachDatabase } from '../../support/database.js';

@Entity('notes')
class Note {
  @PrimaryColumn({ type: 'text' })
  text: string;

  @Column({ type: 'int' })
  count: number;
}

/** Stands for the workers of other modules: they may use the database until this hook has ended. */
@Injectable()
class Worker implements BeforeApplicationShutdown {
  lastWords: unknown;

  constructor(
    @InjectRepository(Note) readonly notes: Repository<Note>,
    readonly dataSource: DataSource,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    this.lastWords = await this.dataSource.query('SELECT 1 AS one');
  }
}

@Module({ imports: [TypeOrmModule.forFeature([Note])], providers: [Worker], exports: [Worker] })
class WorkerModule {}

function configOf(databaseUrl: string | undefined, dataDirectory: string): AppConfig {
  return { ...readConfig({}, dataDirectory), dataDirectory, database: { url: databaseUrl } };
}

async function start(config: AppConfig): Promise<INestApplicationContext> {
  @Module({ imports: [ConfigModule.forConfig(config), DatabaseModule.forRoot(), WorkerModule] })
  class TestModule {}
  const app = await NestFactory.createApplicationContext(TestModule, { logger: false, abortOnError: false });
  expect(app.get(APP_CONFIG)).toBe(config);
  return app;
}

beforeAll(() => Logger.overrideLogger(false));

describeOnEachDatabase('the database module', (database) => {
  let app: INestApplicationContext | undefined;

  afterEach(async () => {
    await database.restore();
    await app?.close();
    app = undefined;
  });

  it('gives repositories of the entities that modules contribute, on a migrated database', async () => {
    app = await start(configOf(database.url, tmpdir()));
    const { notes, dataSource } = app.get(Worker);
    await dataSource.query('CREATE TABLE notes (text text PRIMARY KEY, count int NOT NULL)');
    await notes.insert({ text: 'first', count: 1 });
    expect(await notes.findOneByOrFail({ text: 'first' })).toMatchObject({ count: 1 });
    expect(await migrateDatabase(database.url, { log: vi.fn<() => void>(), warn: vi.fn<() => void>() })).toEqual([]);
  });

  it('bounds the time of statements, of waits for locks and of idle transactions', async () => {
    app = await start(configOf(database.url, tmpdir()));
    const rows = await app
      .get(DataSource)
      .query<{ name: string; setting: string }[]>(
        `SELECT name, setting FROM pg_settings WHERE name LIKE '%\\_timeout' AND source = 'client' ORDER BY name`,
      );
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, Number(setting)]))).toEqual({
      idle_in_transaction_session_timeout: 30_000,
      lock_timeout: 10_000,
      statement_timeout: 30_000,
    });
  });

  it('outlives an outage of the database, with errors that say what they are', async () => {
    app = await start(configOf(database.url, tmpdir()));
    const dataSource = app.get(DataSource);
    // Several idle connections, one in a query and one in a transaction.
    await Promise.all([1, 2, 3].map(() => dataSource.query('SELECT pg_sleep(0.05)')));
    const broken = Promise.allSettled([
      dataSource.query('SELECT pg_sleep(20)'),
      dataSource.transaction(async (manager) => {
        await manager.query('SELECT 1');
        await new Promise((resolve) => setTimeout(resolve, 400));
        await manager.query('SELECT 2');
      }),
    ]);
    await vi.waitFor(async () => {
      const active = await dataSource.query<object[]>(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT pg_sleep(20)'`,
      );
      expect(active).toHaveLength(1);
    });
    await database.interrupt();
    const during = await dataSource.query('SELECT 3').then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(isDatabaseUnavailable(during)).toBe(true);
    for (const result of await broken) {
      expect(result).toMatchObject({ status: 'rejected' });
      expect(isDatabaseUnavailable((result as PromiseRejectedResult).reason)).toBe(true);
    }
    await database.restore();
    const after = await Promise.all([1, 2, 3, 4, 5].map(() => dataSource.query('SELECT 4 AS four')));
    expect(after).toEqual(Array.from({ length: 5 }, () => [{ four: 4 }]));
  });

  it('closes after the workers, and leaves no connection behind', async () => {
    app = await start(configOf(database.url, tmpdir()));
    const connected = new Promise<void>((resolve) => {
      app?.get(NotificationListener).subscribe('test', { onConnected: resolve, onNotification: () => undefined });
    });
    await connected;
    const worker = app.get(Worker);
    await app.close();
    expect(worker.lastWords).toEqual([{ one: 1 }]);
    expect(worker.dataSource.isInitialized).toBe(false);
    await vi.waitFor(async () => {
      const left = await database.dataSource.query<object[]>(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
      expect(left).toHaveLength(0);
    });
  });
});

describe('the database module without DATABASE_URL', () => {
  it('brings up an embedded PostgreSQL, keeps others from it, and stops it last', async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'fleetcert-module-'));
    const config = configOf(undefined, dataDirectory);
    try {
      const app = await start(config);
      const worker = app.get(Worker);
      const { url } = app.get<DatabaseServer>(DATABASE_SERVER);
      await expect(runMigrations(config)).rejects.toMatchObject({
        code: 'conflict',
        detail: expect.stringContaining(`in use by the fleetcert process ${process.pid}`) as string,
      });
      await app.close();
      expect(worker.lastWords).toEqual([{ one: 1 }]);
      // Of its socket, which is gone, or of its port.
      await expect(migrateDatabase(url, { log: vi.fn<() => void>(), warn: vi.fn<() => void>() })).rejects.toThrow(
        /connect (ENOENT|ECONNREFUSED)/,
      );
      expect(await runMigrations(config)).toEqual([]);
    } finally {
      await rm(dataDirectory, { recursive: true, force: true });
    }
  });
});
