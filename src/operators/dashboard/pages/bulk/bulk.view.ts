import type { DomainError } from '../../../../kernel/errors.js';
import { BULK_ACTIONS, type BulkAction } from '../../../bulk/bulk-action.js';
import type { BulkJob } from '../../../bulk/bulk-job.js';
import type { BulkPreview } from '../../../bulk/bulk-jobs.js';
import { badge } from '../../html/badge.js';
import { deviceLink } from '../../html/device-link.js';
import { figure } from '../../html/figure.js';
import { checkBox, choice, csrfField, field } from '../../html/form.js';
import { html, type Html, type HtmlValue } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { table } from '../../html/table.js';
import { ago } from '../../html/time.js';
import type { FormFields } from '../../http/form-fields.js';
import type { Session } from '../../session/session.js';
import { type DeviceWords, isNarrowed, queryText } from '../devices/device-query.js';
import { REASON_TITLES } from '../devices/revocation.view.js';

export const ACTION_TITLES: Readonly<Record<BulkAction, string>> = {
  suspend: 'Suspend',
  resume: 'Resume',
  'set-group': 'Put into a group',
  retry: 'Try the newest order again',
  revoke: 'Revoke the certificate',
  delete: 'Delete',
};

export interface BulkView {
  readonly session: Session;
  readonly words: DeviceWords;
  readonly preview: BulkPreview;
  /** Newest first. */
  readonly earlier: readonly BulkJob[];
  readonly entered?: FormFields;
  readonly error?: DomainError;
  readonly now: Date;
}

/** Which devices a filter matches, and what can be done to them. */
export function bulkPage({ session, words, preview, earlier, entered, error, now }: BulkView): Html {
  return layout({
    title: `${figure(preview.count)} ${preview.count === 1 ? 'device' : 'devices'} at once`,
    section: '/devices',
    session,
    error,
    trail: [{ path: `/devices${queryText(words)}`, title: 'Devices' }],
    content: html`<div class="columns even">
        <section class="card" aria-labelledby="which">
          <h2 id="which">Which devices</h2>
          ${which(words)} ${sample(preview)}
        </section>
        <section class="card" aria-labelledby="what">
          <h2 id="what">What is to be done</h2>
          ${preview.count === 0 ? html`<p class="empty">No device fits.</p>` : form(session, words, preview, entered)}
        </section>
      </div>
      ${earlierJobs(earlier, now)}`,
  });
}

const WORD_TITLES: Readonly<Partial<Record<keyof DeviceWords, string>>> = {
  q: 'search',
  group: 'group',
  zone: 'zone',
  state: 'state',
  health: 'certificate',
  seen: 'last seen',
};

function which(words: DeviceWords): Html {
  if (!isNarrowed(words))
    return html`<p class="alert bad">No filter is set: these are <strong>all devices</strong> of the fleet.</p>`;
  const parts = Object.entries(WORD_TITLES).flatMap(([name, title]) => {
    const word = words[name as keyof DeviceWords];
    return word === undefined ? [] : [html`<li>${title}: <strong>${word}</strong></li>`];
  });
  return html`<ul class="plain">
    ${parts}
  </ul>`;
}

function sample({ count, sample: first }: BulkPreview): HtmlValue {
  if (first.length === 0) return null;
  const rest = count - first.length;
  return html`<ul class="plain names">
      ${first.map(({ deviceId, name }) => html`<li>${deviceLink(deviceId, name)}</li>`)}
    </ul>
    ${rest > 0 && html`<p class="muted">and ${figure(rest)} more</p>`}`;
}

function form(session: Session, words: DeviceWords, { count }: BulkPreview, entered?: FormFields): Html {
  const hidden = Object.entries(words).filter(([, word]) => word !== undefined);
  return html`<form method="post" action="/devices/bulk" class="fields">
    ${csrfField(session)} ${hidden.map(([name, word]) => html`<input type="hidden" name="${name}" value="${word}" />`)}
    ${choice(
      'action',
      'action',
      'Action',
      BULK_ACTIONS.map((action) => [action, ACTION_TITLES[action]] as const),
      entered?.raw('action'),
    )}
    ${field('newGroup', 'newGroup', 'New group', { value: entered?.raw('newGroup'), longest: 100, hint: 'For “put into a group”. Empty: none.' })}
    ${choice('reason', 'reason', 'Reason', Object.entries(REASON_TITLES), entered?.raw('reason'))}
    ${checkBox('revoke', 'revoke', 'When they are deleted, revoke their certificates, too', entered?.isChecked('revoke') ?? false)}
    ${field('count', 'count', 'How many devices are these?', {
      value: entered?.raw('count'),
      type: 'number',
      least: 0,
      isRequired: true,
      hint: `Type ${count} to confirm. If other devices fit by then, nothing is done.`,
    })}
    <button class="danger">Do it</button>
  </form>`;
}

function earlierJobs(earlier: readonly BulkJob[], now: Date): HtmlValue {
  if (earlier.length === 0) return null;
  return html`<section class="card" aria-labelledby="earlier">
    <h2 id="earlier">Bulk actions before</h2>
    ${table(
      'Bulk actions, newest first',
      [
        {
          title: 'Action',
          kind: 'name',
          cell: ({ id, action }) => html`<a href="/devices/bulk/${id}">${ACTION_TITLES[action]}</a>`,
        },
        { title: 'State', cell: ({ state }) => jobBadge(state) },
        { title: 'Devices', kind: 'number', cell: ({ total }) => figure(total) },
        { title: 'Failed', kind: 'number', cell: ({ failed }) => figure(failed) },
        { title: 'Begun', cell: ({ createdAt }) => ago(createdAt, now) },
      ],
      earlier,
      '',
    )}
  </section>`;
}

export function jobBadge(state: BulkJob['state']): Html {
  return badge(state === 'done' ? 'ok' : state === 'running' ? 'pending' : 'deferred', state);
}
