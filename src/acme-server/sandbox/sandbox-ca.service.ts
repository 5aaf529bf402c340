import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import type { RenewalWindow } from '../domain/certificate.js';
import { NestServerLog } from '../nest-server-log.js';
import { PostgresAcmeStore } from '../store/postgres/postgres-acme-store.js';
import { SandboxCa, type RunningSandboxCa, type SandboxCaSettings } from './sandbox-ca.js';

/** Injection token of the SandboxCaSettings. */
export const SANDBOX_CA_SETTINGS = Symbol('SANDBOX_CA_SETTINGS');

/** The sandbox's CA within the server's own process: it starts and ends with it. */
@Injectable()
export class SandboxCaService implements OnModuleInit, BeforeApplicationShutdown {
  private readonly ca: SandboxCa;
  private started: RunningSandboxCa | undefined;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    @Inject(SANDBOX_CA_SETTINGS) private readonly settings: SandboxCaSettings,
    dataSource: DataSource,
    clock: Clock,
  ) {
    const log = new NestServerLog(new Logger('SandboxCa'));
    this.ca = new SandboxCa(new PostgresAcmeStore(dataSource, 'sandbox-ca'), clock, log);
  }

  /** Where it is, and its files; there once the application has started. */
  get running(): RunningSandboxCa {
    if (!this.started) throw new Error('The sandbox CA has not started.');
    return this.started;
  }

  /** See SandboxCa. */
  setRenewalWindow(serialOrCertId: string, window: RenewalWindow | undefined): Promise<void> {
    return this.ca.setRenewalWindow(serialOrCertId, window);
  }

  /** Before the application's bootstrap: the issuer's worker begins there, and asks at once. */
  async onModuleInit(): Promise<void> {
    const { dns, dataDirectory, sandbox } = this.config;
    this.started = await this.ca.start({
      listen: sandbox!.caListen,
      dataDirectory,
      dnsAddress: reachable(dns.listen[0]!),
      zones: dns.zones,
      options: this.settings,
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.ca.stop();
  }
}

/** A listener on all addresses is asked at the loopback one. */
function reachable({ address, port }: { address: string; port: number }): { address: string; port: number } {
  return { address: address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address, port };
}
