import type { DomainError } from '../../../../kernel/errors.js';
import type { Page } from '../../../../platform/http/page.js';
import { roleSuffices } from '../../../domain/role.js';
import type { FleetSummary } from '../../../fleet/fleet-summary.js';
import { withReadableTimes } from '../../domain/duration-text.js';
import { badge } from '../../html/badge.js';
import { deviceLink } from '../../html/device-link.js';
import { downloads } from '../../html/download.js';
import { figure } from '../../html/figure.js';
import { actionButton, choice, field } from '../../html/form.js';
import { html, type Html } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { liveState } from '../../html/live-state.js';
import { pager } from '../../html/pager.js';
import { table } from '../../html/table.js';
import { ago } from '../../html/time.js';
import type { Session } from '../../session/session.js';
import { queueLink, type QueueFilter } from './queue-link.js';
import { QUEUE_STATUSES, type WaitingOrder } from './waiting-orders.js';

export interface QueueView {
  readonly session: Session;
  readonly filter: QueueFilter;
  readonly page: Page<WaitingOrder>;
  readonly queue: FleetSummary['queue'];
  readonly cursor?: string;
  /** Of the queue, before it was read. */
  readonly version: string;
  readonly notice?: string;
  readonly error?: DomainError;
  readonly now: Date;
}

export function queuePage(view: QueueView): Html {
  const { session, filter, page, queue, cursor, version, notice, error, now } = view;
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const mayAct = roleSuffices(session.operator.role, 'operator');
  const isFailed = filter.status === 'failed';
  const isLive = cursor === undefined;
  return layout({
    title: 'Queue',
    section: '/queue',
    session,
    notice,
    error,
    scripts: isLive ? ['live.js'] : [],
    beside: html`<p class="muted" data-part="counts">
        ${figure(queue.queued)} queued · ${figure(queue.issuing)} issuing · ${figure(queue.deferred)} deferred
      </p>
      ${isLive && liveState('/live/queue', now, version)}`,
    content: html`${queue.reasons.length > 0 && reasons(queue, filter)} ${filterForm(filter, queue.reasons, isFiltered)}
      <section class="card" aria-label="${isFailed ? 'Failed' : 'In line'}" data-part="line">
        ${table(
          isFailed ? 'Failed orders, the latest first' : 'Waiting orders, longest waiting first',
          [
            { title: 'Device', kind: 'name', cell: ({ deviceId, name }) => deviceLink(deviceId, name) },
            { title: 'Status', cell: ({ status }) => badge(status) },
            { title: 'Reason', cell: reasonOf },
            { title: 'Group', cell: ({ group }) => group ?? '–' },
            { title: 'In line since', cell: ({ queuedAt }) => ago(queuedAt, now) },
            isFailed && { title: 'Failed', cell: ({ updatedAt }) => ago(updatedAt, now) },
            !isFailed && {
              title: 'Next try',
              cell: ({ status, nextAttemptAt }) => nextTry(status, nextAttemptAt, now),
            },
            !isFailed && {
              title: 'Expected',
              cell: ({ estimatedAt }) => (estimatedAt ? ago(estimatedAt, now) : '–'),
            },
            mayAct && { title: 'Actions', cell: (order) => retryButton(session, order, filter) },
          ],
          page.items,
          isFiltered ? 'No order fits.' : 'Nothing waits: every order has ended.',
        )}
        ${pager('/queue', { ...filter }, cursor, page.nextCursor)}
        ${page.items.length > 0 && html`<div class="foot">${downloads('/queue/export', { status: filter.status, group: filter.group })}</div>`}
      </section>`,
  });
}

function filterForm(
  { status, reason, group }: QueueFilter,
  known: FleetSummary['queue']['reasons'],
  isFiltered: boolean,
): Html {
  const sentences = new Set([...known.map((one) => one.reason), ...(reason === undefined ? [] : [reason])]);
  const statuses = [['', 'all that wait'], ...QUEUE_STATUSES.map((one) => [one, one] as const)] as const;
  return html`<form method="get" action="/queue" class="filters" role="search" aria-label="Queue">
    ${choice('reason', 'reason', 'Reason', [['', 'any'], ...[...sentences].map((one) => [one, one] as const)], reason)}
    ${choice('status', 'status', 'Status', statuses, status)}
    ${field('group', 'group', 'Group', { value: group, longest: 100 })}
    <button class="primary">Show</button>
    ${isFiltered && html`<a class="clear" href="/queue">Clear</a>`}
  </form>`;
}

function reasons({ reasons: known }: FleetSummary['queue'], filter: QueueFilter): Html {
  return html`<section class="card" aria-labelledby="reasons" data-part="reasons">
    <h2 id="reasons">Why orders wait</h2>
    ${table(
      'Why orders wait',
      [
        {
          title: 'Reason',
          kind: 'name',
          cell: ({ reason }) =>
            html`<a
              class="quiet"
              href="${queueLink({ reason })}"
              ${reason === filter.reason && html` aria-current="true"`}
              >${withReadableTimes(reason)}</a
            >`,
        },
        { title: 'Orders', kind: 'number', cell: ({ orders }) => figure(orders) },
      ],
      known,
      '',
    )}
  </section>`;
}

function reasonOf({ status, reason, failures }: WaitingOrder): Html {
  const text = withReadableTimes(reason ?? (status === 'queued' ? 'It waits for its turn.' : '–'));
  return html`${text}${failures > 0 && html` <span class="muted">(${failures} failed ${failures === 1 ? 'try' : 'tries'})</span>`}`;
}

function nextTry(status: string, at: Date, now: Date): Html {
  if (status === 'issuing' && at <= now) return html`running`;
  return at <= now ? html`due` : ago(at, now);
}

function retryButton(
  session: Session,
  { id, name, status }: WaitingOrder,
  { status: shown, reason, group }: QueueFilter,
): Html {
  if (status === 'issuing') return html`–`;
  const kept = { status: shown ?? '', reason: reason ?? '', group: group ?? '' };
  return actionButton(session, '/queue/retry', 'Try now', { fields: { id, ...kept }, about: name });
}
