import { type DynamicModule, Global, Inject, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

import { APP_CONFIG, type AppConfig } from '../config/app-config.js';
import { DATABASE_SERVER, type DatabaseLogger, type DatabaseServer, openDatabaseServer } from './database-server.js';
import { dataSourceOptions } from './data-source-options.js';
import { migrateDatabase } from './migrate-database.js';
import { NotificationListener } from './notification-listener.js';

/** The server first, migrated; then the connections to it. In a module of its own, so that the DataSource can wait. */
@Global()
@Module({})
class DatabaseServerModule implements OnApplicationShutdown {
  static forRoot(opened: Promise<DatabaseServer> | undefined): DynamicModule {
    return {
      module: DatabaseServerModule,
      providers: [
        {
          provide: DATABASE_SERVER,
          inject: [APP_CONFIG],
          useFactory: (config: AppConfig) => opened ?? openMigratedServer(config),
        },
        {
          provide: NotificationListener,
          inject: [DATABASE_SERVER],
          useFactory: (server: DatabaseServer) => new NotificationListener(server.url),
        },
      ],
      exports: [DATABASE_SERVER, NotificationListener],
    };
  }

  constructor(
    @Inject(DATABASE_SERVER) private readonly server: DatabaseServer,
    private readonly notifications: NotificationListener,
    private readonly moduleRef: ModuleRef,
  ) {}

  /**
   * The last step of a shutdown: workers have ended in onModuleDestroy and beforeApplicationShutdown, HTTP between
   * those and this. TypeOrmModule closes the DataSource in the same phase; it must be closed before its server is.
   */
  async onApplicationShutdown(): Promise<void> {
    await this.notifications.stop();
    const dataSource = this.moduleRef.get(DataSource, { strict: false });
    if (dataSource.isInitialized) await dataSource.destroy();
    await this.server.close();
  }
}

/**
 * PostgreSQL for the whole application: a TypeORM `DataSource` with the entities that modules contribute by
 * `TypeOrmModule.forFeature`, and a `NotificationListener`. Needs APP_CONFIG from a global module. When the application
 * is up, the database is reachable and migrated; when it goes away later, calls fail with errors that
 * `isDatabaseUnavailable` knows, and work again once it is back.
 */
@Module({})
export class DatabaseModule {
  /** @param opened a server that is open and migrated, or will be; absent: it is opened here */
  static forRoot(opened?: Promise<DatabaseServer>): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        DatabaseServerModule.forRoot(opened),
        TypeOrmModule.forRootAsync({
          inject: [DATABASE_SERVER],
          useFactory: (server: DatabaseServer) => ({
            ...dataSourceOptions({ url: server.url }),
            autoLoadEntities: true,
            // The server has been waited for.
            retryAttempts: 0,
          }),
        }),
      ],
    };
  }
}

/** Opens the configured database and brings its schema up to date. Who calls it closes it. */
export async function openMigratedServer(
  config: AppConfig,
  logger: DatabaseLogger = new Logger('Database'),
): Promise<DatabaseServer> {
  const server = await openDatabaseServer(config, logger);
  try {
    const done = await migrateDatabase(server.url, logger);
    if (done.length > 0) logger.log(`the schema was brought up to date: ${done.join(', ')}`);
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}
