import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';

import { Clock } from '../../../kernel/clock.js';
import { isDatabaseUnavailable } from '../../../platform/database/database-unavailable.js';
import { FleetOverviews } from '../pages/fleet/fleet-overview.js';
import { fleetParts } from '../pages/fleet/fleet-parts.view.js';
import { liveFigures } from './live-figures.js';
import { frame, type LiveStream, send, StreamSet } from './stream-set.js';

const TICK_MILLISECONDS = 3_000;

/**
 * The fleet's page, kept up to date: its figures with every tick, and those of its parts that have changed. However many
 * look, the database is asked once a tick, and not at all when nobody does.
 */
@Injectable()
export class LiveFleet implements OnModuleDestroy {
  private readonly logger = new Logger(LiveFleet.name);
  readonly #streams = new StreamSet<LiveStream>(TICK_MILLISECONDS, (streams) => this.#tick(streams));
  /** What was sent last, by part. */
  #sent = new Map<string, string>();

  constructor(
    private readonly overviews: FleetOverviews,
    private readonly clock: Clock,
  ) {}

  /** How many look at this moment. */
  get size(): number {
    return this.#streams.size;
  }

  /** Sends all of it now, and what changes from now on. @throws DomainError `unavailable` */
  async open(stream: LiveStream): Promise<void> {
    this.#streams.requireRoom();
    const { figures, parts } = await this.#read();
    this.#streams.begin(stream, figures + [...parts.values()].join(''));
  }

  onModuleDestroy(): void {
    this.#streams.end();
  }

  /** Never rejects: while the database is away the streams stay as they are. */
  async #tick(streams: ReadonlySet<LiveStream>): Promise<void> {
    try {
      const { figures, parts } = await this.#read();
      const changed = [...parts].filter(([name, text]) => this.#sent.get(name) !== text).map(([, text]) => text);
      this.#sent = parts;
      const text = figures + changed.join('');
      for (const stream of streams) send(stream, text);
    } catch (error) {
      if (!isDatabaseUnavailable(error)) this.logger.error({ err: error }, 'the live figures could not be read');
    }
  }

  async #read(): Promise<{ readonly figures: string; readonly parts: Map<string, string> }> {
    const now = this.clock.now();
    const overview = await this.overviews.read();
    const parts = Object.entries(fleetParts(overview, now)).map(
      ([name, html]) => [name, frame('part', { name, html: html.toString() })] as const,
    );
    return { figures: frame('fleet', liveFigures(overview.summary)), parts: new Map(parts) };
  }
}
