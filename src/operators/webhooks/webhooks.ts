import { randomBytes, randomUUID } from 'node:crypto';
import { isIP } from 'node:net';

import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import type { EventType } from '../../platform/events/event-type.js';
import { decodeCursor, type Page, type PageQuery, toPage } from '../../platform/http/page.js';
import { SecretBox } from '../../platform/security/secret-box.js';
import { webhookSecret } from '../domain/webhook-signature.js';
import { isForbiddenTarget } from '../domain/webhook-target.js';

const SECRET_OCTETS = 32;
const MOST_WEBHOOKS = 100;

/** Every event, those of later versions too. */
export const EVERY_EVENT = '*';

export interface NewWebhook {
  readonly url: string;
  readonly events: readonly (EventType | typeof EVERY_EVENT)[];
  readonly includeChain?: boolean;
}

export interface ListedWebhook {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly includeChain: boolean;
  readonly createdAt: Date;
  readonly pending: number;
  /** Given up after the last try. */
  readonly dead: number;
}

export interface ListedDelivery {
  readonly id: string;
  readonly eventId: string;
  readonly type: string;
  readonly state: 'pending' | 'delivered' | 'dead';
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

/** Who is told of events by HTTP. */
@Injectable()
export class Webhooks {
  constructor(
    private readonly dataSource: DataSource,
    private readonly secretBox: SecretBox,
    private readonly clock: Clock,
  ) {}

  /**
   * It is told of what happens from now on. The secret is shown this once, and stored sealed.
   * @throws DomainError `invalid_request`, `conflict`
   */
  async create({ url, events, includeChain = false }: NewWebhook): Promise<{ id: string; secret: string }> {
    const target = admitUrl(url);
    const id = randomUUID();
    const secret = webhookSecret(randomBytes(SECRET_OCTETS));
    const made = await this.dataSource.query<unknown[]>(
      `INSERT INTO webhooks (id, url, events, include_chain, sealed_secret, after_event_id, created_at)
       SELECT $1, $2, $3, $4, $5, coalesce((SELECT max(id) FROM events), 0), $6
        WHERE (SELECT count(*) FROM webhooks) < ${MOST_WEBHOOKS} RETURNING id`,
      [id, target, [...new Set(events)], includeChain, this.secretBox.seal(secret), this.clock.now()],
    );
    if (made.length === 0) {
      throw new DomainError('conflict', `There are ${MOST_WEBHOOKS} webhooks already; delete one that is not needed.`);
    }
    return { id, secret };
  }

  async list(): Promise<ListedWebhook[]> {
    return this.dataSource.query(
      `SELECT w.id, w.url, w.events, w.include_chain AS "includeChain", w.created_at AS "createdAt",
              (SELECT count(*)::int FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.state = 'pending') AS pending,
              (SELECT count(*)::int FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.state = 'dead') AS dead
         FROM webhooks w ORDER BY w.created_at, w.id`,
    );
  }

  /** What is still to be delivered goes with it. @throws DomainError `not_found` */
  async delete(id: string): Promise<void> {
    const [, count] = await this.dataSource.query<[unknown[], number]>(`DELETE FROM webhooks WHERE id = $1`, [id]);
    if (count === 0) throw unknownWebhook();
  }

  /** Newest first. @throws DomainError `not_found`, `invalid_request` */
  async deliveries(
    id: string,
    { limit, cursor, state }: Pick<PageQuery, 'limit' | 'cursor'> & { readonly state?: string },
  ): Promise<Page<ListedDelivery>> {
    const known = await this.dataSource.query<unknown[]>(`SELECT 1 FROM webhooks WHERE id = $1`, [id]);
    if (known.length === 0) throw unknownWebhook();
    const before = cursor === undefined ? null : decodeCursor(cursor, 1)[0]!;
    if (before !== null && !/^\d{1,18}$/.test(before))
      throw new DomainError('invalid_request', 'The cursor is broken.');
    const rows = await this.dataSource.query<ListedDelivery[]>(
      `SELECT d.id, d.event_id AS "eventId", e.type, d.state, d.attempts,
              CASE WHEN d.state = 'pending' THEN d.next_attempt_at END AS "nextAttemptAt", d.last_status AS "lastStatus",
              d.last_error AS "lastError", d.created_at AS "createdAt", d.ended_at AS "endedAt"
         FROM webhook_deliveries d JOIN events e ON e.id = d.event_id
        WHERE d.webhook_id = $1 AND ($2::bigint IS NULL OR d.id < $2) AND ($3::text IS NULL OR d.state = $3)
        ORDER BY d.id DESC LIMIT $4`,
      [id, before, state ?? null, limit + 1],
    );
    return toPage(
      rows,
      limit,
      (row) => [row.id],
      (row) => row,
    );
  }

  /** Tries what was given up once more, from now on. @returns how many @throws DomainError `not_found` */
  async retry(id: string): Promise<number> {
    const known = await this.dataSource.query<unknown[]>(`SELECT 1 FROM webhooks WHERE id = $1`, [id]);
    if (known.length === 0) throw unknownWebhook();
    const [, count] = await this.dataSource.query<[unknown[], number]>(
      `UPDATE webhook_deliveries SET state = 'pending', attempts = 0, next_attempt_at = now(), ended_at = NULL
        WHERE webhook_id = $1 AND state = 'dead'`,
      [id],
    );
    return count;
  }
}

/** @returns the URL as it is stored @throws DomainError `invalid_request` */
function admitUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw refuseUrl('has to be an http or https URL');
  }
  if (url.username !== '' || url.password !== '') throw refuseUrl('must not hold credentials: deliveries are signed');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && isForbiddenTarget(host)) {
    throw refuseUrl('must not be a link-local, multicast or metadata address');
  }
  url.hash = '';
  return url.href;
}

function refuseUrl(detail: string): DomainError {
  return new DomainError('invalid_request', `url ${detail}.`, { errors: [{ field: 'url', detail }] });
}

function unknownWebhook(): DomainError {
  return new DomainError('not_found', 'There is no such webhook; GET /v1/webhooks lists them.');
}
