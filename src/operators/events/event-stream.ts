import type { Response } from 'express';

import { matchesFilter, type EventFilter } from './event-filter.js';
import type { EventItem } from './event-item.js';

/** A client that does not read is let go: it comes back with Last-Event-ID when it can. */
const MOST_UNREAD_OCTETS = 256 * 1024;
/** How long a client may take to read what was sent. */
const DRAIN_MILLISECONDS = 10_000;

export interface EventStreamParts {
  readonly response: Response;
  readonly filter: EventFilter;
  /** The event that the client has seen last. */
  readonly from: string;
  readonly isStillAllowed: () => Promise<boolean>;
  /** Some of the events after one, oldest first; none at the end. */
  readonly read: (after: string) => Promise<readonly EventItem[]>;
}

/** Server-sent events for one client (WHATWG HTML, section 9.2): `id` is the event's, `event` its type. */
export class EventStream {
  readonly #parts: EventStreamParts;
  #last: string;
  #sentUpTo: string;
  #isReading = false;
  #isWoken = false;
  #isOver = false;

  constructor(parts: EventStreamParts) {
    this.#parts = parts;
    this.#last = parts.from;
    this.#sentUpTo = parts.from;
    parts.response.on('close', () => (this.#isOver = true));
  }

  begin(): void {
    const { response } = this.#parts;
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      // nginx would keep the events back until its buffer is full.
      'X-Accel-Buffering': 'no',
    });
    response.write(`retry: 3000\nid: ${this.#last}\n\n`);
    this.wake();
  }

  /** There may be new events. Never throws: what cannot be read now is read at the next call. */
  wake(): void {
    this.#isWoken = true;
    if (this.#isReading) return;
    this.#isReading = true;
    void this.#send().finally(() => (this.#isReading = false));
  }

  /** Keeps the connection open, and tells where the client is, though nothing passed its filter. */
  beat(): void {
    void this.#beat();
  }

  end(): void {
    this.#isOver = true;
    this.#parts.response.end();
  }

  async #beat(): Promise<void> {
    const isAllowed = await this.#parts.isStillAllowed().catch(() => true);
    if (this.#isOver) return;
    if (!isAllowed) {
      this.end();
      return;
    }
    this.#write(this.#sentUpTo === this.#last ? ': here\n\n' : `id: ${this.#last}\n\n`);
    this.#sentUpTo = this.#last;
  }

  async #send(): Promise<void> {
    while (this.#isWoken && !this.#isOver) {
      this.#isWoken = false;
      let events: readonly EventItem[];
      try {
        events = await this.#parts.read(this.#last);
      } catch {
        return;
      }
      if (this.#isOver || events.length === 0) continue;
      // There may be more where these came from.
      this.#isWoken = true;
      this.#last = events.at(-1)!.id;
      const text = events
        .filter((event) => matchesFilter(this.#parts.filter, event))
        .map(frame)
        .join('');
      if (text === '') continue;
      this.#sentUpTo = this.#last;
      if (!this.#write(text)) await this.#drained();
    }
  }

  #write(text: string): boolean {
    const { response } = this.#parts;
    if (response.writableLength > MOST_UNREAD_OCTETS) {
      this.#isOver = true;
      response.destroy();
      return true;
    }
    return response.write(text);
  }

  /** Resolves when the client has read, or has gone; one that does neither is let go. */
  #drained(): Promise<void> {
    const { response } = this.#parts;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        response.off('drain', done).off('close', done);
        resolve();
      };
      const timer = setTimeout(() => {
        response.destroy();
        done();
      }, DRAIN_MILLISECONDS).unref();
      response.on('drain', done).on('close', done);
    });
  }
}

function frame(event: EventItem): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
