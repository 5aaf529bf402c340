import { durationText, withReadableTimes } from '../../domain/duration-text.js';
import { badge } from '../../html/badge.js';
import { definitions } from '../../html/definitions.js';
import { actionButton } from '../../html/form.js';
import { html, type Html, type HtmlValue } from '../../html/html.js';
import { moment, utc } from '../../html/time.js';
import type { Session } from '../../session/session.js';
import type { ShownOrder } from './device-orders.js';

export interface ShownTimeline {
  readonly order: ShownOrder;
  /** Only the newest order of a device can be tried again. */
  readonly isNewest: boolean;
  /** Of who may try it again. */
  readonly session?: Session;
  readonly now: Date;
}

/** One order, folded unless it is the newest: what it waits for, and each step with the time that it took. */
export function orderTimeline({ order, isNewest, session, now }: ShownTimeline): Html {
  const { id, deviceId, status, reason, names, isRenewal, createdAt, endedAt, nextAttemptAt, acmeOrderUrl } = order;
  const waits = status === 'deferred' || status === 'queued';
  return html`<details class="order" ${isNewest && html` open`}>
    <summary>
      ${badge(status)} ${isRenewal ? 'Renewal' : 'Order'} of
      ${utc(createdAt)}${endedAt && html` <span class="muted">· ended after ${durationOf(createdAt, endedAt)}</span>`}
    </summary>
    ${definitions([
      ['Reason', reason && withReadableTimes(reason)],
      ['Names', names.join(', ')],
      ['Next try', waits ? moment(nextAttemptAt, now) : null],
      ['Order at the CA', acmeOrderUrl && html`<code>${acmeOrderUrl}</code>`],
      ['Order id', html`<code>${id}</code>`],
    ])}
    ${timeline(order)}
    ${
      session &&
      isNewest &&
      (waits || status === 'failed') &&
      html`<div class="buttons">
        ${actionButton(session, `/devices/${deviceId}/orders/${id}/retry`, 'Try again now')}
      </div>`
    }
  </details>`;
}

function timeline({ history, createdAt }: ShownOrder): HtmlValue {
  if (history.length === 0) return html`<p class="empty">Nothing has happened to it yet.</p>`;
  return html`<ol class="timeline">
    ${history.map(({ at, step, note }, index) => {
      const before = index === 0 ? createdAt : new Date(history[index - 1]!.at);
      const time = new Date(at);
      return html`<li>
        <time datetime="${time.toISOString()}">${time.toISOString().slice(0, 19).replace('T', ' ')}</time>
        <span class="step">${step.replaceAll('-', ' ')}</span>
        <span class="muted">+${durationOf(before, time)}</span
        >${note !== undefined && html`<p class="note">${note}</p>`}
      </li>`;
    })}
  </ol>`;
}

/** With the seconds that durationText leaves out: most steps take less than a minute. */
function durationOf(start: Date, end: Date): string {
  const milliseconds = Math.max(0, end.getTime() - start.getTime());
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 0)} s`;
  return durationText(milliseconds);
}
