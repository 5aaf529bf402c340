import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Client, escapeIdentifier } from 'pg';

import { boundedSocket } from './bounded-socket.js';

const CONNECT_SECONDS = 5;
/** A connection that broke without a word is found after this long at most. */
const HEARTBEAT_SECONDS = 15;
const GOODBYE_MILLISECONDS = 500;
const FIRST_BACKOFF_MILLISECONDS = 100;
const LAST_BACKOFF_MILLISECONDS = 5000;

export interface NotificationHandler {
  /** PostgreSQL sent a notification. Duplicates of one transaction are folded into one by PostgreSQL. */
  onNotification(payload: string): void;
  /**
   * From now on notifications arrive: at first, and again after each broken connection. What happened before may have
   * been missed, so this is the moment to read the table that the notifications are about.
   */
  onConnected(): void;
}

/**
 * LISTEN on a connection of its own, which is made again whenever it breaks. Notifications are a hint, never the data:
 * those that are sent while there is no connection are lost.
 */
export class NotificationListener {
  private readonly logger = new Logger(NotificationListener.name);
  readonly #handlers = new Map<string, Set<NotificationHandler>>();
  readonly #stopped = new AbortController();
  /** Handlers that have not been told of the present connection yet. */
  #untold = new Set<NotificationHandler>();
  #running: Promise<void> | undefined;
  #wake: () => void = () => undefined;

  constructor(private readonly url: string) {}

  /** Calls the handler until the returned function is called. The connection is made at the first subscription. */
  subscribe(channel: string, handler: NotificationHandler): () => void {
    const handlers = this.#handlers.get(channel) ?? new Set();
    this.#handlers.set(channel, handlers.add(handler));
    this.#untold.add(handler);
    this.#running ??= this.#run();
    this.#wake();
    return () => {
      handlers.delete(handler);
      this.#untold.delete(handler);
    };
  }

  /** Ends the connection; no handler is called after this resolves. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    let backoffMilliseconds = FIRST_BACKOFF_MILLISECONDS;
    let isInterrupted = false;
    while (!signal.aborted) {
      try {
        await this.#session(() => {
          backoffMilliseconds = FIRST_BACKOFF_MILLISECONDS;
          if (isInterrupted) this.logger.log('notifications of PostgreSQL arrive again');
          isInterrupted = false;
        });
      } catch (error) {
        if (signal.aborted) return;
        // Once an outage: the attempts that follow have nothing new to say.
        if (!isInterrupted)
          this.logger.warn(`notifications of PostgreSQL are interrupted: ${(error as Error).message}`);
        isInterrupted = true;
      }
      // Up to half as long again, so that many servers do not come back in step.
      const pause = backoffMilliseconds * (1 + Math.random() / 2);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      backoffMilliseconds = Math.min(backoffMilliseconds * 2, LAST_BACKOFF_MILLISECONDS);
    }
  }

  /** One connection's life: resolves when told to stop, rejects when the connection breaks. */
  async #session(onEstablished: () => void): Promise<void> {
    const socket = boundedSocket(HEARTBEAT_SECONDS + 2 * CONNECT_SECONDS);
    const client = new Client({
      stream: () => socket,
      connectionString: this.url,
      connectionTimeoutMillis: CONNECT_SECONDS * 1000,
      query_timeout: CONNECT_SECONDS * 1000,
      keepAlive: true,
      application_name: 'fleetcert notifications',
    });
    let failure: Error | undefined;
    const fail = (error?: Error): void => {
      failure ??= error ?? new Error('the connection was closed');
      this.#wake();
    };
    client.on('error', fail);
    client.on('end', () => fail());
    client.on('notification', ({ channel, payload }) => this.#deliver(channel, payload ?? ''));
    try {
      await client.connect();
      const listening = new Set<string>();
      for (const handlers of this.#handlers.values()) for (const handler of handlers) this.#untold.add(handler);
      while (!this.#stopped.signal.aborted) {
        if (failure) throw failure;
        const woken = this.#sleepUntilWoken();
        await this.#listen(client, listening);
        onEstablished();
        if ((await woken) === 'heartbeat') await client.query('SELECT 1');
      }
    } finally {
      client.removeAllListeners('notification');
      // On a dead network nobody answers the goodbye.
      await Promise.race([client.end().catch(() => undefined), sleep(GOODBYE_MILLISECONDS)]);
      socket.destroy();
    }
  }

  async #listen(client: Client, listening: Set<string>): Promise<void> {
    for (const channel of this.#handlers.keys()) {
      if (listening.has(channel)) continue;
      await client.query(`LISTEN ${escapeIdentifier(channel)}`);
      listening.add(channel);
    }
    const untold = [...this.#untold];
    this.#untold = new Set();
    for (const handler of untold) this.#call(() => handler.onConnected());
  }

  #deliver(channel: string, payload: string): void {
    for (const handler of this.#handlers.get(channel) ?? []) this.#call(() => handler.onNotification(payload));
  }

  /** A handler's mistake is not the connection's. */
  #call(handle: () => void): void {
    try {
      handle();
    } catch (error) {
      this.logger.error({ err: error }, 'a handler of notifications failed');
    }
  }

  #sleepUntilWoken(): Promise<'woken' | 'heartbeat'> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve('heartbeat'), HEARTBEAT_SECONDS * 1000);
      this.#wake = (): void => {
        clearTimeout(timer);
        resolve('woken');
      };
    });
  }
}
