import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { NotificationListener } from '../../platform/database/notification-listener.js';
import { isSerialReached } from '../domain/serial.js';
import { ServedZones } from '../store/served-zones.js';

/** Asks every server to report as soon as it serves a serial; the payload is `<zone> <serial>`. */
export const SERIAL_ASKED_CHANNEL = 'fleetcert_serial_asked';
/** A server has reported because it was asked; no payload. */
export const SERIAL_REPORTED_CHANNEL = 'fleetcert_serial_reported';

/** A server that has reported nothing for so long is taken for gone: it holds up nobody any more. */
export const PRESENCE_SECONDS = 10;
/** Three of them may be late or fail before the server is taken for gone. */
const HEARTBEAT_MILLISECONDS = 2_500;

/**
 * Lets the other servers on the database know that this one answers DNS, and which serials: now and then, and at once
 * when one of them waits for a serial.
 */
@Injectable()
export class ServedReport {
  /** This server's, for as long as its process lives. */
  readonly serverId = randomUUID();
  private readonly logger = new Logger(ServedReport.name);
  readonly #name = `${hostname()}:${process.pid}`;
  /** The newest serial of a zone that somebody waits for and that is not served here yet. */
  readonly #asked = new Map<string, number>();
  readonly #unsubscribe: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #reporting: Promise<void> | undefined;
  /** Somebody asked while a report was being written, which may have left out what he asks for. */
  #isAskedAgain = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly notifications: NotificationListener,
    private readonly served: ServedZones,
  ) {}

  /** To be called when DNS answers. */
  async start(): Promise<void> {
    this.#unsubscribe.push(
      this.notifications.subscribe(SERIAL_ASKED_CHANNEL, {
        onNotification: (payload) => this.#heard(payload),
        // After an outage of the database everybody's last report is old.
        onConnected: () => this.#report(false),
      }),
      this.served.onSerial((zone, serial) => this.#changed(zone, serial)),
    );
    this.#timer = setInterval(() => this.#report(false), HEARTBEAT_MILLISECONDS);
    this.#report(false);
    await this.#reporting;
  }

  /** Takes this server's row out, so that nobody waits for it from now on. Does not reject. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    await this.#reporting;
    // Without it the row is old soon enough.
    await this.dataSource.query(`DELETE FROM dns_servers WHERE id = $1`, [this.serverId]).catch(() => undefined);
  }

  #heard(payload: string): void {
    const [zone = '', serialText] = payload.split(' ');
    const serial = Number(serialText);
    const served = this.served.zone(zone)?.serial;
    if (served === undefined) return;
    if (isSerialReached(served, serial)) this.#report(true);
    else this.#asked.set(zone, serial);
  }

  #changed(zone: string, serial: number): void {
    const asked = this.#asked.get(zone);
    if (asked === undefined || !isSerialReached(serial, asked)) return;
    this.#asked.delete(zone);
    this.#report(true);
  }

  #report(isAsked: boolean): void {
    if (this.#reporting) {
      this.#isAskedAgain ||= isAsked;
      return;
    }
    this.#reporting = this.#writeAll(isAsked);
  }

  /** Does not reject. */
  async #writeAll(isAsked: boolean): Promise<void> {
    this.#isAskedAgain = isAsked;
    do {
      const wasAsked = this.#isAskedAgain;
      this.#isAskedAgain = false;
      try {
        await this.#write(wasAsked);
      } catch (error) {
        this.logger.debug(`the served serials were not reported: ${(error as Error).message}`);
      }
    } while (this.#isAskedAgain);
    this.#reporting = undefined;
  }

  async #write(isAsked: boolean): Promise<void> {
    const serials = Object.fromEntries(
      this.served.names().map((name) => [name, this.served.zone(name)?.serial] as const),
    );
    // The worker processes have it too by then.
    await this.served.settled();
    await this.dataSource.query(
      `WITH gone AS (DELETE FROM dns_servers WHERE seen_at < now() - interval '1 day')
       INSERT INTO dns_servers (id, name, serials, seen_at) VALUES ($1, $2, $3::jsonb, now())
         ON CONFLICT (id) DO UPDATE SET serials = excluded.serials, seen_at = excluded.seen_at
         RETURNING CASE WHEN $4 THEN pg_notify('${SERIAL_REPORTED_CHANNEL}', '') END`,
      [this.serverId, this.#name, JSON.stringify(serials), isAsked],
    );
  }
}
