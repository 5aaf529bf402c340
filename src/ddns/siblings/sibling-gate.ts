import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { NotificationListener } from '../../platform/database/notification-listener.js';
import { isSerialReached } from '../domain/serial.js';
import { PRESENCE_SECONDS, SERIAL_ASKED_CHANNEL, SERIAL_REPORTED_CHANNEL, ServedReport } from './served-report.js';

/** The reports are read again after so long, for notifications that are lost and servers that go. */
const POLL_MILLISECONDS = 500;

interface SiblingRow {
  readonly name: string;
  readonly serials: Readonly<Record<string, number>>;
}

/**
 * Waits until the other servers on the database serve a serial, too: the CA may ask any of them. One that is gone holds
 * up nobody for longer than PRESENCE_SECONDS.
 */
@Injectable()
export class SiblingGate implements OnModuleInit, OnModuleDestroy {
  #reading: Promise<readonly SiblingRow[]> | undefined;
  #wakers = new Set<() => void>();
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly notifications: NotificationListener,
    private readonly report: ServedReport,
  ) {}

  onModuleInit(): void {
    this.#unsubscribe = this.notifications.subscribe(SERIAL_REPORTED_CHANNEL, {
      onNotification: () => this.#wake(),
      onConnected: () => this.#wake(),
    });
  }

  onModuleDestroy(): void {
    this.#unsubscribe?.();
    this.#wake();
  }

  /**
   * Resolves when every other live server with the zone serves `serial` of it or a later one, or when the time is over.
   * @param zone in presentation format.
   * @returns the names of the servers that do not, `host:process id`; none: all do, or there are no others.
   * @throws what the database throws.
   */
  async waitForSerial(zone: string, serial: number, timeoutMilliseconds: number): Promise<readonly string[]> {
    const deadline = performance.now() + timeoutMilliseconds;
    for (let attempt = 1; ; attempt += 1) {
      const lagging = (await this.#siblings()).filter(({ serials }) => {
        const served = serials[zone];
        return served !== undefined && !isSerialReached(served, serial);
      });
      const left = deadline - performance.now();
      if (lagging.length === 0 || left <= 0) return lagging.map(({ name }) => name);
      const woken = this.#woken(Math.min(left, POLL_MILLISECONDS));
      if (attempt === 1) {
        await this.dataSource.query('SELECT pg_notify($1, $2)', [SERIAL_ASKED_CHANNEL, `${zone} ${serial}`]);
      }
      await woken;
    }
  }

  /** The other servers' newest reports. Orders that look at the same time share a look. */
  #siblings(): Promise<readonly SiblingRow[]> {
    if (this.#reading) return this.#reading;
    const reading = this.dataSource
      .query<SiblingRow[]>(
        `SELECT name, serials FROM dns_servers
          WHERE id <> $1 AND seen_at > now() - ${PRESENCE_SECONDS} * interval '1 second'`,
        [this.report.serverId],
      )
      .finally(() => {
        if (this.#reading === reading) this.#reading = undefined;
      });
    this.#reading = reading;
    return reading;
  }

  async #woken(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wakers.add(resolve);
    const timer = setTimeout(resolve, milliseconds);
    await promise;
    clearTimeout(timer);
    this.#wakers.delete(resolve);
  }

  #wake(): void {
    // What is being read now may be older than what we were woken for.
    this.#reading = undefined;
    for (const wake of this.#wakers) wake();
  }
}
