import type { Page } from '../../../../platform/http/page.js';
import type { ListedDelivery, ListedWebhook } from '../../../webhooks/webhooks.js';
import { badge } from '../../html/badge.js';
import { definitions } from '../../html/definitions.js';
import { actionButton, choice } from '../../html/form.js';
import { html, type Html } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { pager } from '../../html/pager.js';
import { table } from '../../html/table.js';
import { ago, moment, stamp } from '../../html/time.js';
import type { Session } from '../../session/session.js';
import { scopeText } from './webhooks.view.js';

export const DELIVERY_STATES = ['pending', 'delivered', 'dead'] as const;

const STATE_TITLES = { pending: 'waiting', delivered: 'delivered', dead: 'given up' } as const;

export interface WebhookView {
  readonly session: Session;
  readonly webhook: ListedWebhook;
  readonly deliveries: Page<ListedDelivery>;
  readonly state?: (typeof DELIVERY_STATES)[number];
  readonly cursor?: string;
  readonly notice?: string;
  readonly now: Date;
}

/** One webhook, and what became of each event. */
export function webhookPage({ session, webhook, deliveries, state, cursor, notice, now }: WebhookView): Html {
  const path = `/settings/webhooks/${webhook.id}`;
  return layout({
    title: 'Webhook',
    section: '/settings',
    session,
    notice,
    trail: [{ path: '/settings', title: 'Settings' }],
    content: html`<section class="card" aria-labelledby="about">
        <h2 id="about">Where it goes</h2>
        ${definitions([
          ['Address', html`<code>${webhook.url}</code>`],
          ['Events', scopeText(webhook.events)],
          ['Chain', webhook.includeChain ? 'sent with each certificate that is issued' : 'not sent'],
          ['Made', moment(webhook.createdAt, now)],
          ['Waiting', String(webhook.pending)],
          ['Given up', String(webhook.dead)],
        ])}
        <div class="buttons">
          ${webhook.dead > 0 && actionButton(session, `${path}/retry`, 'Try again what was given up')}
          ${actionButton(session, `${path}/delete`, 'Delete the webhook', { look: 'danger' })}
        </div>
      </section>
      <form method="get" action="${path}" class="filters" role="search" aria-label="Deliveries">
        ${choice('state', 'state', 'State', [['', 'any'], ...DELIVERY_STATES.map((one) => [one, STATE_TITLES[one]] as const)], state)}
        <button class="primary">Show</button>
      </form>
      <section class="card" aria-label="Deliveries">
        ${table(
          'Deliveries, newest first',
          [
            { title: 'Event', kind: 'name', cell: ({ type, eventId }) => html`<code>${type}</code> ${eventId}` },
            { title: 'State', cell: (delivery) => badge(delivery.state, STATE_TITLES[delivery.state]) },
            { title: 'Tries', kind: 'number', cell: ({ attempts }) => attempts },
            { title: 'Last answer', cell: ({ lastStatus, lastError }) => lastError ?? lastStatus ?? '–' },
            { title: 'Next try', cell: ({ nextAttemptAt }) => (nextAttemptAt ? ago(nextAttemptAt, now) : '–') },
            { title: 'Since', cell: ({ createdAt }) => stamp(createdAt, now) },
          ],
          deliveries.items,
          state === undefined ? 'Nothing was sent yet.' : 'There is none.',
        )}
        ${pager(path, { state }, cursor, deliveries.nextCursor)}
      </section>`,
  });
}
