import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Response } from 'express';

import { DomainError } from '../../kernel/errors.js';
import { EventListing } from './event-listing.js';
import type { EventFilter } from './event-filter.js';
import type { EventItem } from './event-item.js';
import { EventStream } from './event-stream.js';
import { EventTail } from './event-tail.js';

const MOST_STREAMS = 200;
const HEARTBEAT_MILLISECONDS = 15_000;
/** Read at once from the table, for all streams together. */
const BATCH = 500;

/** The event streams of this server. New events are read once, however many clients look. */
@Injectable()
export class EventStreams implements OnModuleInit, OnModuleDestroy {
  readonly #streams = new Set<EventStream>();
  readonly #reads = new Map<string, Promise<readonly EventItem[]>>();
  #unsubscribe: () => void = () => undefined;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(
    private readonly listing: EventListing,
    private readonly tail: EventTail,
  ) {}

  onModuleInit(): void {
    this.#unsubscribe = this.tail.onEvents(() => {
      for (const stream of this.#streams) stream.wake();
    });
    this.#heartbeat = setInterval(() => {
      for (const stream of this.#streams) stream.beat();
    }, HEARTBEAT_MILLISECONDS).unref();
  }

  onModuleDestroy(): void {
    this.#unsubscribe();
    clearInterval(this.#heartbeat);
    for (const stream of this.#streams) stream.end();
    this.#streams.clear();
  }

  /** How many look at this moment. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * Sends events until the client goes.
   * @param after what the client has seen last; undefined: only what comes from now on
   * @param isStillAllowed asked with each heartbeat
   */
  async open(
    response: Response,
    filter: EventFilter,
    after: string | undefined,
    isStillAllowed: () => Promise<boolean>,
  ): Promise<void> {
    if (this.#streams.size >= MOST_STREAMS) {
      throw new DomainError('unavailable', 'Too many clients look at the event stream.', { retryAfterSeconds: 60 });
    }
    const from = after ?? (await this.listing.newestId());
    const stream = new EventStream({ response, filter, from, isStillAllowed, read: (id) => this.#after(id) });
    this.#streams.add(stream);
    response.on('close', () => this.#streams.delete(stream));
    stream.begin();
  }

  /** Streams that stand at the same event, as most do, share one query. */
  #after(id: string): Promise<readonly EventItem[]> {
    const known = this.#reads.get(id);
    if (known) return known;
    const reading = this.listing.after(id, BATCH).finally(() => this.#reads.delete(id));
    this.#reads.set(id, reading);
    return reading;
  }
}
