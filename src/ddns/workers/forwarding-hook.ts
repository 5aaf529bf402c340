import type { Exchange, MessageHook, MessageSource } from '../listeners/message-hook.js';
import type { Query } from '../wire/query.js';

/** Messages that the main process has not finished with; what comes above is dropped, and its sender repeats it. */
const MAX_UNDER_WAY = 256;

interface UnderWay {
  readonly exchange: Exchange;
  finish(): void;
}

export type Forward = (id: number, message: Uint8Array, source: MessageSource) => void;

/**
 * Takes every message that is no ordinary query and lets the main process answer it: there are the keys and the
 * database. The answers go out from the socket that the message came to.
 */
export class ForwardingHook implements MessageHook {
  readonly #underWay = new Map<number, UnderWay>();
  #lastId = 0;

  constructor(private readonly forward: Forward) {}

  wants(): boolean {
    return true;
  }

  handle({ message }: Query, exchange: Exchange): Promise<void> {
    if (this.#underWay.size >= MAX_UNDER_WAY) return Promise.resolve();
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((finish) => {
      this.#underWay.set(id, { exchange, finish });
      this.forward(id, message, exchange.source);
    });
  }

  async answer(id: number, message: Uint8Array): Promise<void> {
    await this.#underWay.get(id)?.exchange.send(message);
  }

  answered(id: number): void {
    this.#underWay.get(id)?.finish();
    this.#underWay.delete(id);
  }
}
