import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { DataSource } from 'typeorm';
import { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';

import { Metrics } from './metrics.js';

/** What pg's pool tells of itself. */
interface PoolCounts {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/** The connections to the database, as the pool has them at the moment of a scrape. */
@Injectable()
export class DatabaseMetrics {
  constructor(metrics: Metrics, dataSource: DataSource) {
    const { driver } = dataSource;
    const pool = (): PoolCounts | undefined => (driver instanceof PostgresDriver ? driver.master : undefined);
    const gauge = new Gauge({
      name: 'fleetcert_database_connections',
      help: 'Connections of the pool by state; waiting: statements that wait for one',
      labelNames: ['state'],
      registers: [metrics.registry],
      collect: () => {
        const counts = pool();
        if (!counts) return;
        gauge.set({ state: 'used' }, counts.totalCount - counts.idleCount);
        gauge.set({ state: 'idle' }, counts.idleCount);
        gauge.set({ state: 'waiting' }, counts.waitingCount);
      },
    });
  }
}
