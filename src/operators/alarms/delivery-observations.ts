import type { DataSource } from 'typeorm';

import type { Observation } from '../domain/alarm.js';

interface GivenUp {
  readonly webhook_id: string | null;
  readonly count: number;
  readonly last_error: string | null;
}

/**
 * What was given up after its last try, a webhook or mail: whoever relied on it hears of it by another way, or here. One
 * alarm a webhook, however much it misses, so that its own alarm makes no further one.
 */
export async function observeDeliveries(database: Pick<DataSource, 'query'>): Promise<Observation[]> {
  const rows = await database.query<GivenUp[]>(
    `SELECT webhook_id::text, count(*)::int AS count, (array_agg(last_error ORDER BY id DESC))[1] AS last_error
       FROM webhook_deliveries WHERE state = 'dead' GROUP BY webhook_id
      UNION ALL
     SELECT NULL, count(*)::int, (array_agg(last_error ORDER BY created_at DESC))[1]
       FROM mail_messages WHERE state = 'dead' HAVING count(*) > 0`,
  );
  return rows.map(({ webhook_id: webhookId, count, last_error: lastError }): Observation => {
    const why = lastError === null ? '' : ` (${lastError})`;
    if (webhookId === null) {
      return {
        kind: 'delivery.given_up',
        subject: { kind: 'mail', id: 'mail' },
        message: `${count} ${count === 1 ? 'mail was' : 'mails were'} given up after the last try${why}. See to FLEETCERT_SMTP_URL; what they told is in GET /v1/events.`,
        data: { count },
      };
    }
    return {
      kind: 'delivery.given_up',
      subject: { kind: 'webhook', id: webhookId },
      message: `${count} ${count === 1 ? 'delivery' : 'deliveries'} to the webhook ${webhookId} ${count === 1 ? 'was' : 'were'} given up after the last try${why}. POST /v1/webhooks/${webhookId}/retry tries once more.`,
      data: { count },
    };
  });
}
