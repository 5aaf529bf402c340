import { Injectable, Logger } from '@nestjs/common';

import { NotificationListener } from '../../platform/database/notification-listener.js';
import { isSerialAfter } from '../domain/serial.js';
import { ServedZones } from '../store/served-zones.js';
import { ZONE_CHANNEL } from '../store/write-zones.js';
import { ZoneWriter } from '../store/zone-writer.js';
import { ZoneJournal } from './zone-journal.js';

/** How long a change of another server may stay unseen when its notification is lost. */
const POLL_MILLISECONDS = 2_000;

/**
 * Keeps the zones in memory up to date with what other servers commit: at once by PostgreSQL's notifications, and by
 * looking at the serials now and then.
 */
@Injectable()
export class ZoneFeed {
  private readonly logger = new Logger(ZoneFeed.name);
  #unsubscribe: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;
  #isDisturbed = false;

  constructor(
    private readonly notifications: NotificationListener,
    private readonly journal: ZoneJournal,
    private readonly served: ServedZones,
    private readonly writer: ZoneWriter,
  ) {}

  start(): void {
    this.#unsubscribe = this.notifications.subscribe(ZONE_CHANNEL, {
      onNotification: (payload) => this.#notified(payload),
      onConnected: () => this.#poll(),
    });
    this.#timer = setInterval(() => this.#poll(), POLL_MILLISECONDS);
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    clearInterval(this.#timer);
    await this.#polling;
  }

  #notified(payload: string): void {
    const [zone = '', serial, writerId] = payload.split(' ');
    // Our own may come before the answer to the commit; what is committed is served then without reading it again.
    if (writerId === this.writer.id) return;
    const current = this.served.zone(zone)?.serial;
    // Late ones. That the database is behind for good is for the poll to find.
    if (current === undefined || !isSerialAfter(Number(serial), current)) return;
    this.served.catchUp(zone).catch((error: unknown) => this.#disturbed(error));
  }

  #poll(): void {
    this.#polling ??= this.#compare()
      .then(
        () => (this.#isDisturbed = false),
        (error: unknown) => this.#disturbed(error),
      )
      .then(() => (this.#polling = undefined));
  }

  async #compare(): Promise<void> {
    for (const [zone, serial] of await this.journal.serials()) {
      const current = this.served.zone(zone)?.serial;
      if (current === undefined || current === serial) continue;
      if (isSerialAfter(current, serial)) await this.#raise(zone, current, serial);
      await this.served.catchUp(zone);
    }
  }

  /**
   * The database is behind what we have served: it was restored from a backup. Secondaries have our serial, so the zone
   * has to get a higher one before it is served.
   */
  async #raise(zone: string, current: number, serial: number): Promise<void> {
    // Read again: our own commit may have come between.
    if ((await this.journal.serialOf(zone)) !== serial) return;
    this.logger.warn(`zone ${zone} has serial ${serial} in the database and ${current} here: raising it`);
    await this.writer.commit({ zone, scope: {}, edit: () => undefined, raiseSerial: true });
  }

  /** Said once: while the database is away every poll fails, and DNS goes on from memory. */
  #disturbed(error: unknown): void {
    if (!this.#isDisturbed) this.logger.warn(`changes of other servers cannot be read: ${(error as Error).message}`);
    this.#isDisturbed = true;
  }
}
