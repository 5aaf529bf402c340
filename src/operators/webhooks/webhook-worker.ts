import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

import { EventTail } from '../events/event-tail.js';
import { Repeater } from '../events/repeater.js';
import { WebhookDeliveries } from './webhook-deliveries.js';
import { WebhookFanOut } from './webhook-fan-out.js';

/** Sends webhooks when something happened, and when a try is due again. */
@Injectable()
export class WebhookWorker implements OnModuleInit, OnModuleDestroy {
  readonly #repeater: Repeater;
  #unsubscribe: () => void = () => undefined;

  constructor(
    private readonly tail: EventTail,
    fanOut: WebhookFanOut,
    deliveries: WebhookDeliveries,
  ) {
    this.#repeater = new Repeater('webhooks', async () => {
      await fanOut.run();
      return (await deliveries.run()) > 0;
    });
  }

  onModuleInit(): void {
    this.#unsubscribe = this.tail.onEvents(() => this.#repeater.wake());
    this.#repeater.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.#unsubscribe();
    await this.#repeater.stop();
  }
}
