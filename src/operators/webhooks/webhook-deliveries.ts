import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { SecretBox } from '../../platform/security/secret-box.js';
import { retrySeconds } from '../domain/delivery-retry.js';
import { webhookSignature } from '../domain/webhook-signature.js';
import { EVENT_COLUMNS, eventItem, type EventRow } from '../events/event-item.js';
import { postWebhook, WebhookPostError } from './webhook-post.js';

/** A server that died with a delivery in hand leaves it to the others after so long. */
const LEASE_SECONDS = 60;
/** One receiver that is slow must not keep the others waiting. */
const AT_ONCE_EACH = 4;
const AT_ONCE = 16;

interface DueDelivery extends EventRow {
  readonly delivery_id: string;
  readonly webhook_id: string;
  readonly attempts: number;
  readonly url: string;
  readonly sealed_secret: string;
  readonly include_chain: boolean;
}

/** Sends what is due, whichever server it is. A delivery is tried again until it is taken, or given up and kept for looking at. */
@Injectable()
export class WebhookDeliveries {
  private readonly logger = new Logger(WebhookDeliveries.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly secretBox: SecretBox,
    private readonly clock: Clock,
  ) {}

  /** @returns how many were tried */
  async run(): Promise<number> {
    const due = await this.#claim();
    await Promise.all(due.map((delivery) => this.#deliver(delivery)));
    return due.length;
  }

  /**
   * The try is counted before it is made, so that one that kills the server does not repeat for ever.
   * MATERIALIZED: choosing has to happen once; folded into the update it would be done again for each row.
   */
  async #claim(): Promise<DueDelivery[]> {
    return this.dataSource.query<DueDelivery[]>(
      `WITH due AS MATERIALIZED (
         SELECT due.id FROM webhooks w
          CROSS JOIN LATERAL (SELECT id, next_attempt_at FROM webhook_deliveries d
                               WHERE d.webhook_id = w.id AND d.state = 'pending' AND d.next_attempt_at <= now()
                               ORDER BY d.next_attempt_at LIMIT ${AT_ONCE_EACH} FOR UPDATE SKIP LOCKED) AS due
          ORDER BY due.next_attempt_at LIMIT ${AT_ONCE}),
       claimed AS (
         UPDATE webhook_deliveries d SET attempts = attempts + 1,
                next_attempt_at = now() + ${LEASE_SECONDS} * interval '1 second'
           FROM due WHERE d.id = due.id RETURNING d.id, d.webhook_id, d.event_id, d.attempts)
       SELECT c.id AS delivery_id, c.webhook_id, c.attempts, w.url, w.sealed_secret, w.include_chain, ${EVENT_COLUMNS}
         FROM claimed c JOIN webhooks w ON w.id = c.webhook_id JOIN events e ON e.id = c.event_id ORDER BY e.id`,
    );
  }

  async #deliver(due: DueDelivery): Promise<void> {
    try {
      const status = await this.#post(due);
      const isTaken = status >= 200 && status < 300;
      await this.#conclude(due, isTaken, status, isTaken ? undefined : `the receiver answered ${status}`);
    } catch (error) {
      if (!(error instanceof WebhookPostError)) {
        this.logger.error({ err: error, deliveryId: due.delivery_id }, 'a webhook could not be sent');
      }
      await this.#conclude(due, false, undefined, (error as Error).message);
    }
  }

  async #post(due: DueDelivery): Promise<number> {
    const secret = this.secretBox.open(due.sealed_secret).toString();
    const chain = due.include_chain && due.type === 'certificate.issued' ? await this.#chain(due.data) : undefined;
    const body = JSON.stringify({ ...eventItem(due), ...(chain !== undefined && { chain }) });
    const id = `whd_${due.delivery_id}`;
    const timestamp = Math.floor(this.clock.now().getTime() / 1000);
    const headers = {
      'Content-Type': 'application/json',
      'User-Agent': 'fleetcert-webhook/1',
      'Webhook-Id': id,
      'Webhook-Timestamp': String(timestamp),
      'Webhook-Signature': webhookSignature(secret, { id, timestamp, body }),
    };
    return postWebhook(due.url, headers, body);
  }

  /** Leaf first, no root; absent when the certificate is gone. */
  async #chain({ certificateId }: Readonly<Record<string, unknown>>): Promise<string | undefined> {
    const [row] = await this.dataSource.query<{ pem: string }[]>(`SELECT pem FROM certificates WHERE id::text = $1`, [
      certificateId,
    ]);
    return row?.pem;
  }

  async #conclude(due: DueDelivery, isTaken: boolean, status: number | undefined, error?: string): Promise<void> {
    const pause = isTaken ? undefined : retrySeconds(due.attempts, Math.random());
    const state = isTaken ? 'delivered' : pause === undefined ? 'dead' : 'pending';
    if (state === 'dead') this.logger.warn({ webhookId: due.webhook_id, eventId: due.id }, `given up: ${error ?? ''}`);
    await this.dataSource.query(
      `UPDATE webhook_deliveries SET state = $2, last_status = $3, last_error = $4,
              next_attempt_at = now() + $5 * interval '1 second', ended_at = $6 WHERE id = $1`,
      [
        due.delivery_id,
        state,
        status ?? null,
        error?.slice(0, 500) ?? null,
        pause ?? 0,
        state === 'pending' ? null : this.clock.now(),
      ],
    );
  }
}
