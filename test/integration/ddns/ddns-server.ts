import { Test } from '@nestjs/testing';
import { Global, Module, type INestApplicationContext } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { DdnsModule } from '../../../src/ddns/ddns.module.js';
import { BoundListeners } from '../../../src/ddns/listeners/bound-listeners.js';
import { ServedZones } from '../../../src/ddns/store/served-zones.js';
import { ZoneWriter } from '../../../src/ddns/store/zone-writer.js';
import { WorkerProgram } from '../../../src/ddns/workers/worker-program.js';
import { NamePublisher } from '../../../src/devices/ports/name-publisher.js';
import { Clock, SystemClock } from '../../../src/kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../../src/platform/config/app-config.js';
import { NotificationListener } from '../../../src/platform/database/notification-listener.js';
import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import { Readiness } from '../../../src/platform/health/readiness.js';
import { SecretBox } from '../../../src/platform/security/secret-box.js';
import type { JoinedWriter } from '../../../src/platform/database/joined-write.js';

export const ZONE = 'fleet.test';

/** DNS workers from the sources, as the tests themselves. */
export const WORKER_SOURCES: WorkerProgram = {
  url: new URL('../../../src/ddns/workers/worker-process.ts', import.meta.url),
  nodeOptions: ['--import', new URL('../../../scripts/ts-hook.mjs', import.meta.url).href],
};

export interface DdnsServerOptions {
  readonly dns?: Partial<AppConfig['dns']>;
  readonly addressPolicy?: AppConfig['addressPolicy'];
  readonly clock?: Clock;
  /** A server that hears of nothing: as if every notification were lost. */
  readonly isDeaf?: boolean;
}

/** The DNS part of a server, on a database that may be shared with others; DNS on a free loopback port. */
export interface DdnsServer {
  readonly app: INestApplicationContext;
  readonly dataSource: DataSource;
  readonly port: number;
  readonly writer: ZoneWriter;
  readonly served: ServedZones;
  readonly names: NamePublisher;
  get<T>(token: abstract new (...args: never[]) => T): T;
  stop(): Promise<void>;
}

/** A joined write that does nothing. */
export const NO_WRITE: { writer: JoinedWriter<unknown>; item: unknown } = {
  writer: { write: (_transaction, items) => Promise.resolve(items.map(() => undefined)) },
  item: undefined,
};

export async function startDdns(databaseUrl: string, options: DdnsServerOptions = {}): Promise<DdnsServer> {
  const dataSource = await new DataSource(dataSourceOptions({ url: databaseUrl, poolSize: 4 })).initialize();
  const notifications = options.isDeaf
    ? { subscribe: () => () => undefined, stop: () => Promise.resolve() }
    : new NotificationListener(databaseUrl);
  const config = {
    dns: {
      zones: [ZONE],
      nameServers: [{ name: `ns1.${ZONE}`, addresses: ['127.0.0.1'] }],
      hostmaster: `hostmaster@${ZONE}`,
      listen: [{ address: '127.0.0.1', port: 0 }],
      workers: 1,
      ipNames: 'registered',
      ...options.dns,
    },
    addressPolicy: options.addressPolicy ?? { name: 'any' },
  };

  @Global()
  @Module({
    providers: [
      { provide: APP_CONFIG, useValue: config },
      { provide: Clock, useValue: options.clock ?? new SystemClock() },
      { provide: DataSource, useValue: dataSource },
      { provide: NotificationListener, useValue: notifications },
      { provide: SecretBox, useValue: new SecretBox(Buffer.alloc(32, 1)) },
      Readiness,
    ],
    exports: [APP_CONFIG, Clock, DataSource, NotificationListener, SecretBox, Readiness],
  })
  class Surroundings {}

  const app = await Test.createTestingModule({ imports: [Surroundings, DdnsModule] })
    .overrideProvider(WorkerProgram)
    .useValue(WORKER_SOURCES)
    .setLogger(false as never)
    .compile();
  try {
    await app.init();
  } catch (error) {
    await notifications.stop();
    await dataSource.destroy();
    throw error;
  }
  return {
    app,
    dataSource,
    port: app.get(BoundListeners).addresses[0]!.port,
    writer: app.get(ZoneWriter),
    served: app.get(ServedZones),
    names: app.get(NamePublisher),
    get: (token) => app.get(token as never),
    stop: async () => {
      await app.close();
      await notifications.stop();
      await dataSource.destroy();
    },
  };
}
