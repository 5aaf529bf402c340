import type { Page } from '../../../../platform/http/page.js';
import type { FleetSummary } from '../../../fleet/fleet-summary.js';
import { badge } from '../../html/badge.js';
import { deviceLink } from '../../html/device-link.js';
import { html, type Html } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { pager } from '../../html/pager.js';
import { table } from '../../html/table.js';
import { ago } from '../../html/time.js';
import type { Session } from '../../session/session.js';
import type { WaitingOrder } from './waiting-orders.js';

export interface QueueView {
  readonly session: Session;
  readonly page: Page<WaitingOrder>;
  readonly queue: FleetSummary['queue'];
  readonly cursor?: string;
  readonly now: Date;
}

export function queuePage({ session, page, queue, cursor, now }: QueueView): Html {
  return layout({
    title: 'Queue',
    section: '/queue',
    session,
    beside: html`<p class="muted">${queue.queued} queued · ${queue.issuing} issuing · ${queue.deferred} deferred</p>`,
    content: html`${queue.reasons.length > 0 && reasons(queue)}
      <section class="card" aria-labelledby="line">
        <h2 id="line">In line</h2>
        ${table(
          'Waiting orders, longest waiting first',
          [
            { title: 'Device', kind: 'name', cell: ({ deviceId, name }) => deviceLink(deviceId, name) },
            { title: 'Status', cell: ({ status }) => badge(status) },
            { title: 'Reason', cell: reasonOf },
            { title: 'Group', cell: ({ group }) => group ?? '–' },
            { title: 'In line since', cell: ({ queuedAt }) => ago(queuedAt, now) },
            { title: 'Next try', cell: ({ status, nextAttemptAt }) => nextTry(status, nextAttemptAt, now) },
            { title: 'Expected', cell: ({ estimatedAt }) => (estimatedAt ? ago(estimatedAt, now) : '–') },
          ],
          page.items,
          'Nothing waits: every order has ended.',
        )}
        ${pager('/queue', {}, cursor, page.nextCursor)}
      </section>`,
  });
}

function reasons({ reasons: known }: FleetSummary['queue']): Html {
  return html`<section class="card" aria-labelledby="reasons">
    <h2 id="reasons">Why orders wait</h2>
    ${table(
      'Why orders wait',
      [
        { title: 'Reason', kind: 'name', cell: ({ reason }) => reason },
        { title: 'Orders', kind: 'number', cell: ({ orders }) => orders },
      ],
      known,
      '',
    )}
  </section>`;
}

function reasonOf({ status, reason, failures }: WaitingOrder): Html {
  const text = reason ?? (status === 'queued' ? 'It waits for its turn.' : '–');
  return html`${text}${failures > 0 && html` <span class="muted">(${failures} failed ${failures === 1 ? 'try' : 'tries'})</span>`}`;
}

function nextTry(status: string, at: Date, now: Date): Html {
  if (status === 'issuing' && at <= now) return html`running`;
  return at <= now ? html`due` : ago(at, now);
}
