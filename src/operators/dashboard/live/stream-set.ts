import type { Response } from 'express';

import { DomainError } from '../../../kernel/errors.js';

const MOST_STREAMS = 200;

/** One page that looks. */
export interface LiveStream {
  readonly response: Response;
  /** Asked before anything is sent. */
  readonly isStillAllowed: () => Promise<boolean>;
}

/**
 * Streams of server-sent events for the dashboard's pages. As long as somebody looks there is a tick now and then, one
 * for all of them; who has signed out meanwhile is let go before it.
 */
export class StreamSet<Stream extends LiveStream> {
  readonly #streams = new Set<Stream>();
  #timer: NodeJS.Timeout | undefined;

  /** @param tick must not reject */
  constructor(
    private readonly tickMilliseconds: number,
    private readonly tick: (streams: ReadonlySet<Stream>) => Promise<void>,
  ) {}

  /** How many look at this moment. */
  get size(): number {
    return this.#streams.size;
  }

  /** @throws DomainError `unavailable` when there is no room for one more */
  requireRoom(): void {
    if (this.#streams.size < MOST_STREAMS) return;
    throw new DomainError('unavailable', 'Too many pages look at the live figures.', { retryAfterSeconds: 60 });
  }

  /** Sends the first events, and has the stream ticked until its client goes or is not allowed any more. */
  begin(stream: Stream, first: string): void {
    const { response } = stream;
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

  /** Ends all of them: the server stops. */
  end(): void {
    clearTimeout(this.#timer);
    for (const { response } of this.#streams) response.end();
    this.#streams.clear();
  }

  #schedule(): void {
    if (this.#timer || this.#streams.size === 0) return;
    this.#timer = setTimeout(() => {
      void this.#round().finally(() => {
        this.#timer = undefined;
        this.#schedule();
      });
    }, this.tickMilliseconds);
    this.#timer.unref();
  }

  async #round(): Promise<void> {
    // Whether somebody may still look cannot be told while the database is away: then the streams stay as they are.
    await Promise.all([...this.#streams].map((stream) => this.#endIfRefused(stream).catch(() => undefined)));
    if (this.#streams.size > 0) await this.tick(this.#streams);
  }

  async #endIfRefused(stream: Stream): Promise<void> {
    if (await stream.isStillAllowed()) return;
    this.#streams.delete(stream);
    stream.response.end(frame('signed-out', {}));
  }
}

/** A server-sent event (WHATWG HTML, section 9.2). */
export function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** A client that does not read gets what is true when it has read: nothing is stored for it. */
export function send({ response }: LiveStream, text: string): boolean {
  if (response.writableNeedDrain) return false;
  response.write(text);
  return true;
}
