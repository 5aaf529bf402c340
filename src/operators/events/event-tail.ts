import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

import { isDatabaseUnavailable } from '../../platform/database/database-unavailable.js';
import { NotificationListener } from '../../platform/database/notification-listener.js';
import { EVENTS_CHANNEL } from '../../platform/events/record-events.js';

/** How long a new event may stay unseen when its notification is lost. */
const POLL_MILLISECONDS = 5_000;
/** Events that come in a burst are handled together. */
const GATHER_MILLISECONDS = 50;

/** Wakes whoever wants to know of new events, whichever server recorded them. What they are is for the table to say. */
@Injectable()
export class EventTail implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(EventTail.name);
  readonly #listeners = new Set<() => Promise<void> | void>();
  #unsubscribe: () => void = () => undefined;
  #poll: NodeJS.Timeout | undefined;
  #gathering: NodeJS.Timeout | undefined;

  constructor(private readonly notifications: NotificationListener) {}

  onModuleInit(): void {
    this.#unsubscribe = this.notifications.subscribe(EVENTS_CHANNEL, {
      onNotification: () => this.#soon(),
      onConnected: () => this.#soon(),
    });
    this.#poll = setInterval(() => this.#soon(), POLL_MILLISECONDS).unref();
  }

  onModuleDestroy(): void {
    this.#unsubscribe();
    clearInterval(this.#poll);
    clearTimeout(this.#gathering);
    this.#listeners.clear();
  }

  /** Calls back when there may be new events; also now and then when there are none. */
  onEvents(listener: () => Promise<void> | void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #soon(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      for (const listener of this.#listeners) void this.#call(listener);
    }, GATHER_MILLISECONDS).unref();
  }

  async #call(listener: () => Promise<void> | void): Promise<void> {
    try {
      await listener();
    } catch (error) {
      if (!isDatabaseUnavailable(error)) this.logger.error({ err: error }, 'new events could not be handled');
    }
  }
}
