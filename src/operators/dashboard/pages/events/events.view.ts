import { EVENT_TYPES, type EventType, type Severity, SEVERITIES } from '../../../../platform/events/event-type.js';
import type { Page } from '../../../../platform/http/page.js';
import type { EventItem } from '../../../events/event-item.js';
import { withReadableTimes } from '../../domain/duration-text.js';
import { downloads } from '../../html/download.js';
import { severityBadge, subjectOf } from '../../html/event-list.js';
import { choice } from '../../html/form.js';
import { html, type Html, type HtmlValue } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { liveState } from '../../html/live-state.js';
import { pager } from '../../html/pager.js';
import { table } from '../../html/table.js';
import { stamp } from '../../html/time.js';
import type { Session } from '../../session/session.js';

/** What a choice of severity shows: that one and what is worse. */
export const LEAST_SEVERITIES: Readonly<Record<Severity, readonly Severity[]>> = {
  info: SEVERITIES,
  warning: ['warning', 'critical'],
  critical: ['critical'],
};

const SEVERITY_TITLES: Readonly<Record<Severity, string>> = {
  info: 'all',
  warning: 'warnings and worse',
  critical: 'critical only',
};

export interface EventsView {
  readonly session: Session;
  readonly words: { readonly severity?: Severity; readonly type?: EventType; readonly device?: string };
  readonly page: Page<EventItem>;
  readonly cursor?: string;
  /** Of the log, before the page was read. */
  readonly version: string;
  readonly now: Date;
}

export function eventsPage({ session, words, page, cursor, version, now }: EventsView): Html {
  const isFiltered = Object.values(words).some((value) => value !== undefined);
  const isNewest = cursor === undefined;
  return layout({
    title: 'Events',
    section: '/events',
    session,
    scripts: isNewest ? ['live.js'] : [],
    beside: isNewest && liveState('/live/events', now, version),
    content: html`${filterForm(words, isFiltered)}
      <section class="card" aria-label="Events" data-part="events">
        ${table(
          'Events, newest first',
          [
            { title: 'When', kind: 'name', cell: ({ createdAt }) => stamp(createdAt, now) },
            { title: 'Severity', cell: ({ severity }) => severityBadge(severity) },
            { title: 'About', cell: subjectOf },
            { title: 'What', cell: what },
            { title: 'Facts', cell: ({ data }) => facts(data) },
          ],
          page.items,
          isFiltered ? 'No event fits.' : 'Nothing has happened yet.',
        )}
        ${pager('/events', words, cursor, page.nextCursor)}
        ${page.items.length > 0 && html`<div class="foot">${downloads('/events/export', words)}</div>`}
      </section>`,
  });
}

function filterForm({ severity, type, device }: EventsView['words'], isFiltered: boolean): Html {
  return html`<form method="get" action="/events" class="filters" role="search" aria-label="Events">
    ${choice(
      'severity',
      'severity',
      'Severity',
      SEVERITIES.map((one) => [one, SEVERITY_TITLES[one]] as const),
      severity,
    )}
    ${choice('type', 'type', 'Kind', [['', 'any'], ...EVENT_TYPES.map((one) => [one, kindText(one)] as const)], type)}
    ${device !== undefined && html`<input type="hidden" name="device" value="${device}" />`}
    <button class="primary">Show</button>
    ${isFiltered && html`<a class="clear" href="/events">Clear</a>`}
  </form>`;
}

function kindText(type: EventType): string {
  return type.replace('.', ': ').replaceAll('_', ' ');
}

function what({ type, message }: EventItem): Html {
  return html`${withReadableTimes(message)} <span class="muted kind">${kindText(type)}</span>`;
}

/** What programs get, for who wants to look closely. */
function facts(data: EventItem['data']): HtmlValue {
  if (Object.keys(data).length === 0) return '–';
  return html`<details class="facts">
    <summary>Show<span class="hidden"> the facts</span></summary>
    <pre tabindex="0">${JSON.stringify(data, undefined, 2)}</pre>
  </details>`;
}
