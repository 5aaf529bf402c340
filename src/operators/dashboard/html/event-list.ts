import type { Severity } from '../../../platform/events/event-type.js';
import type { EventItem } from '../../events/event-item.js';
import { badge } from './badge.js';
import { deviceLink } from './device-link.js';
import { html, type Html, type HtmlValue } from './html.js';
import { ago } from './time.js';

/** How bad it is, as a word with its colour. */
export function severityBadge(severity: Severity): Html {
  return badge(severity);
}

/** What an event is about, leading to its page where there is one. */
export function subjectOf({ subject: { kind, id, name } }: EventItem): Html {
  if (kind === 'device') return deviceLink(id, name ?? id);
  if (kind === 'zone') return html`<a href="/zones/${id}"><code>${name ?? id}</code></a>`;
  return html`${kind} <code>${name ?? id}</code>`;
}

/** Events in a narrow place, newest first: when, how bad, what. */
export function eventFeed(events: readonly EventItem[], now: Date, whenEmpty: string): HtmlValue {
  if (events.length === 0) return html`<p class="empty">${whenEmpty}</p>`;
  return html`<ul class="feed">
    ${events.map(
      (event) =>
        html`<li>
          <p class="about">
            ${severityBadge(event.severity)} <span class="subject">${subjectOf(event)}</span>
            <span class="muted">${ago(event.createdAt, now)}</span>
          </p>
          <p>${event.message}</p>
        </li>`,
    )}
  </ul>`;
}
