import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

@Global()
@Module({ controllers: [HealthController], providers: [Readiness], exports: [Readiness] })
export class HealthModule implements OnModuleInit {
  constructor(
    private readonly readiness: Readiness,
    private readonly dataSource: DataSource,
  ) {}

  onModuleInit(): void {
    this.readiness.add('database', async () => {
      try {
        await this.dataSource.query('SELECT 1');
        return undefined;
      } catch {
        return 'the database cannot be reached';
      }
    });
  }
}
