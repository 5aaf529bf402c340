import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

import { EventTail } from '../events/event-tail.js';
import { Repeater } from '../events/repeater.js';
import { MailDeliveries } from './mail-deliveries.js';
import { MailFanOut } from './mail-fan-out.js';

/** Sends alarms by mail, where a mail server is configured. */
@Injectable()
export class MailWorker implements OnModuleInit, OnModuleDestroy {
  readonly #repeater: Repeater;
  #unsubscribe: () => void = () => undefined;

  constructor(
    private readonly tail: EventTail,
    fanOut: MailFanOut,
    private readonly deliveries: MailDeliveries,
  ) {
    this.#repeater = new Repeater('mail', async () => {
      await fanOut.run();
      return deliveries.run();
    });
  }

  onModuleInit(): void {
    if (!this.deliveries.isConfigured) return;
    this.#unsubscribe = this.tail.onEvents(() => this.#repeater.wake());
    this.#repeater.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.#unsubscribe();
    await this.#repeater.stop();
  }
}
