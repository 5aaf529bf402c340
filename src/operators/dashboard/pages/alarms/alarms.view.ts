import type { Page } from '../../../../platform/http/page.js';
import type { AlarmItem } from '../../../alarms/alarm-listing.js';
import type { AlarmKind } from '../../../domain/alarm.js';
import { withReadableTimes } from '../../domain/duration-text.js';
import { severityBadge, subjectLink } from '../../html/event-list.js';
import { toneOf } from '../../html/badge.js';
import { figure } from '../../html/figure.js';
import { html, type Html, type HtmlValue } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { liveState } from '../../html/live-state.js';
import { pager } from '../../html/pager.js';
import { table } from '../../html/table.js';
import { stamp } from '../../html/time.js';
import type { Session } from '../../session/session.js';
import type { AlarmCount } from './open-alarms.js';

/** What each kind of alarm is called. */
export const ALARM_TITLES: Readonly<Record<AlarmKind, string>> = {
  'certificate.at_risk': 'certificates at risk',
  'certificate.expired': 'certificates expired',
  'order.failed': 'orders failed',
  'device.silent': 'devices silent',
  'limit.near': 'limits near',
  'ca.paused': 'CAs have paused us',
  'ca.unreachable': 'CAs out of reach',
  'secondary.behind': 'secondaries behind',
  'zone.feed_lag': 'servers behind',
  'delegation.broken': 'delegations broken',
  'delivery.given_up': 'deliveries given up',
};

export interface AlarmsView {
  readonly session: Session;
  readonly kind?: AlarmKind;
  readonly page: Page<AlarmItem>;
  readonly counts: readonly AlarmCount[];
  readonly cursor?: string;
  /** Of the log of events, before the page was read: each alarm is an event. */
  readonly version: string;
  readonly now: Date;
}

export function alarmsPage({ session, kind, page, counts, cursor, version, now }: AlarmsView): Html {
  const isLive = cursor === undefined;
  return layout({
    title: 'Alarms',
    section: '/alarms',
    session,
    scripts: isLive ? ['live.js'] : [],
    beside: isLive && liveState('/live/events', now, version),
    content: html`<div data-part="counts">${alarmChips(counts, kind)}</div>
      <section class="card" aria-label="Alarms" data-part="alarms">
        ${table(
          'What is wrong now, by kind',
          [
            { title: 'Severity', cell: ({ severity }) => severityBadge(severity) },
            { title: 'About', kind: 'name', cell: ({ subject }) => subjectLink(subject) },
            { title: 'What is wrong', cell: ({ message }) => withReadableTimes(message) },
            { title: 'Since', cell: ({ raisedAt }) => stamp(raisedAt, now) },
          ],
          page.items,
          'Nothing is wrong.',
        )}
        ${pager('/alarms', { kind }, cursor, page.nextCursor)}
      </section>
      <p class="muted below">
        An alarm is over when its cause is. What was told before stands under <a href="/events">Events</a>.
      </p>`,
  });
}

/** How many alarms there are of each kind, leading to them; a sentence when there is none. */
export function alarmChips(counts: readonly AlarmCount[], chosen?: AlarmKind): HtmlValue {
  if (counts.length === 0) return html`<p class="alert good">Nothing is wrong.</p>`;
  return html`<ul class="chips">
    ${chosen !== undefined && html`<li><a class="chip" href="/alarms">all kinds</a></li>`}
    ${counts.map(
      ({ kind, severity, alarms }) =>
        html`<li>
          <a
            class="chip ${toneOf(severity)}"
            href="/alarms?kind=${kind}"
            ${kind === chosen && html` aria-current="true"`}
            ><strong>${figure(alarms)}</strong> ${ALARM_TITLES[kind] ?? kind}</a
          >
        </li>`,
    )}
  </ul>`;
}
