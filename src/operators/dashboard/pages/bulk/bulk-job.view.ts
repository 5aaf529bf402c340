import type { Page } from '../../../../platform/http/page.js';
import { BULK_OUTCOMES, type BulkItem, type BulkJob, type BulkOutcome } from '../../../bulk/bulk-job.js';
import { roleSuffices } from '../../../domain/role.js';
import { badge } from '../../html/badge.js';
import { definitions } from '../../html/definitions.js';
import { deviceLink } from '../../html/device-link.js';
import { figure } from '../../html/figure.js';
import { actionButton, choice } from '../../html/form.js';
import { html, type Html } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { liveState } from '../../html/live-state.js';
import { pager } from '../../html/pager.js';
import { table } from '../../html/table.js';
import { moment } from '../../html/time.js';
import type { Session } from '../../session/session.js';
import { ACTION_TITLES, jobBadge } from './bulk.view.js';

export interface BulkJobView {
  readonly session: Session;
  readonly job: BulkJob;
  readonly items: Page<BulkItem>;
  readonly outcome?: BulkOutcome;
  readonly cursor?: string;
  /** Of the job, before it was read. */
  readonly version: string;
  readonly notice?: string;
  readonly now: Date;
}

const OUTCOME_TONES: Readonly<Record<BulkOutcome, string>> = {
  done: 'done',
  unchanged: 'skipped',
  failed: 'failed',
  cancelled: 'refused',
};

/** How far a bulk action has come, and what became of each device. */
export function bulkJobPage({ session, job, items, outcome, cursor, version, notice, now }: BulkJobView): Html {
  const path = `/devices/bulk/${job.id}`;
  const mayAct = roleSuffices(session.operator.role, 'operator');
  return layout({
    title: `${ACTION_TITLES[job.action]}: ${figure(job.total)} devices`,
    section: '/devices',
    session,
    notice,
    scripts: ['live.js'],
    trail: [
      { path: '/devices', title: 'Devices' },
      { path: '/devices/bulk', title: 'At once' },
    ],
    beside: html`<p data-part="state">${jobBadge(job.state)}</p>
      ${liveState(`/live/bulk/${job.id}`, now, version)}`,
    content: html`<section class="card" aria-labelledby="progress" data-part="progress">
        <h2 id="progress">How far it has come</h2>
        <meter
          min="0"
          max="${Math.max(1, job.total)}"
          value="${job.total - job.pending}"
          aria-labelledby="progress"
        ></meter>
        <ul class="figures">
          ${(['pending', 'done', 'unchanged', 'failed', 'cancelled'] as const).map(
            (name) =>
              html`<li><span class="figure">${figure(job[name])}</span> ${name === 'pending' ? 'to come' : name}</li>`,
          )}
        </ul>
        ${definitions([
          ['Begun', moment(job.createdAt, now)],
          ['Ended', job.endedAt && moment(job.endedAt, now)],
          ['By', html`<code>${job.operatorId}</code>`],
          [
            'With',
            Object.entries(job.parameters).map(
              ([name, value]) => html`<span class="line">${name}: ${String(value)}</span>`,
            ),
          ],
          [
            'Devices that',
            Object.entries(job.filter).map(
              ([name, value]) => html`<span class="line">${name}: ${String(value)}</span>`,
            ),
          ],
        ])}
        ${mayAct && job.state === 'running' && html`<div class="buttons">${actionButton(session, `${path}/cancel`, 'Leave the rest as it is', { look: 'danger' })}</div>`}
      </section>
      <form method="get" action="${path}" class="filters" role="search" aria-label="What became of them">
        ${choice('outcome', 'outcome', 'Outcome', [['', 'any'], ...BULK_OUTCOMES.map((one) => [one, one] as const)], outcome)}
        <button class="primary">Show</button>
      </form>
      <section class="card" aria-label="What became of them" data-part="items">
        ${table(
          'Devices by name',
          [
            { title: 'Device', kind: 'name', cell: ({ deviceId, name }) => deviceLink(deviceId, name) },
            {
              title: 'Outcome',
              cell: (item) =>
                item.outcome === null
                  ? html`<span class="muted">to come</span>`
                  : badge(OUTCOME_TONES[item.outcome], item.outcome),
            },
            { title: 'Why', cell: ({ detail }) => detail ?? '–' },
          ],
          items.items,
          'There is none.',
        )}
        ${pager(path, { outcome }, cursor, items.nextCursor)}
      </section>`,
  });
}
