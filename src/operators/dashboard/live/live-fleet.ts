import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Response } from 'express';

import { DomainError } from '../../../kernel/errors.js';
import { isDatabaseUnavailable } from '../../../platform/database/database-unavailable.js';
import { FleetSummaries } from '../../fleet/fleet-summary.js';
import { liveFigures } from './live-figures.js';

const TICK_MILLISECONDS = 3_000;
const MOST_STREAMS = 200;

interface Stream {
  readonly response: Response;
  /** Asked before anything is sent. */
  readonly isStillAllowed: () => Promise<boolean>;
}

/**
 * Streams of the fleet's figures (server-sent events). However many look, the database is asked once a tick, and not at
 * all when nobody does.
 */
@Injectable()
export class LiveFleet implements OnModuleDestroy {
  private readonly logger = new Logger(LiveFleet.name);
  readonly #streams = new Set<Stream>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly summaries: FleetSummaries) {}

  /** How many look at this moment. */
  get size(): number {
    return this.#streams.size;
  }

  /** Sends the figures now and again and again, until the client goes or is not allowed any more. */
  async open(stream: Stream): Promise<void> {
    if (this.#streams.size >= MOST_STREAMS) {
      throw new DomainError('unavailable', 'Too many pages look at the live figures.', { retryAfterSeconds: 60 });
    }
    const { response } = stream;
    const first = await this.#event();
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      // nginx would keep the events back until its buffer is full.
      'X-Accel-Buffering': 'no',
    });
    response.write(first);
    this.#streams.add(stream);
    response.on('close', () => this.#streams.delete(stream));
    this.#schedule();
  }

  onModuleDestroy(): void {
    clearTimeout(this.#timer);
    for (const { response } of this.#streams) response.end();
    this.#streams.clear();
  }

  #schedule(): void {
    if (this.#timer || this.#streams.size === 0) return;
    this.#timer = setTimeout(() => {
      void this.#tick().finally(() => {
        this.#timer = undefined;
        this.#schedule();
      });
    }, TICK_MILLISECONDS);
    this.#timer.unref();
  }

  /** Never rejects: while the database is away the streams stay as they are. */
  async #tick(): Promise<void> {
    try {
      await Promise.all([...this.#streams].map((stream) => this.#endIfRefused(stream)));
      if (this.#streams.size === 0) return;
      const event = await this.#event();
      for (const { response } of this.#streams) {
        // A client that does not read gets the next figures when it has read these.
        if (!response.writableNeedDrain) response.write(event);
      }
    } catch (error) {
      if (!isDatabaseUnavailable(error)) this.logger.error({ err: error }, 'the live figures could not be read');
    }
  }

  async #endIfRefused(stream: Stream): Promise<void> {
    if (await stream.isStillAllowed()) return;
    this.#streams.delete(stream);
    stream.response.end('event: signed-out\ndata: {}\n\n');
  }

  async #event(): Promise<string> {
    return `event: fleet\ndata: ${JSON.stringify(liveFigures(await this.summaries.read()))}\n\n`;
  }
}
