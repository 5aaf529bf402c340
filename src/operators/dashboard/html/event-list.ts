import type { EventSubject } from '../../../platform/events/record-events.js';
import type { Severity } from '../../../platform/events/event-type.js';
import type { EventItem } from '../../events/event-item.js';
import { withReadableTimes } from '../domain/duration-text.js';
import { badge } from './badge.js';
import { deviceLink } from './device-link.js';
import { html, type Html, type HtmlValue } from './html.js';
import { ago } from './time.js';

/** How bad it is, as a word with its colour. */
export function severityBadge(severity: Severity): Html {
  return badge(severity);
}

/** What an event is about, leading to its page where there is one. */
export function subjectOf({ subject }: Pick<EventItem, 'subject'>): Html {
  return subjectLink(subject);
}

export function subjectLink({ kind, id, name }: EventSubject): Html {
  if (kind === 'device') return deviceLink(id, name ?? id);
  if (kind === 'zone') return html`<a href="/zones/${id}"><code>${name ?? id}</code></a>`;
  return html`${kind} <code>${name ?? id}</code>`;
}

export interface FeedOptions {
  readonly whenEmpty: string;
  /** They are all about the same, which stands above them. */
  readonly isOfOne?: boolean;
}

/** Events in a narrow place, newest first: when, how bad, what. */
export function eventFeed(events: readonly EventItem[], now: Date, { whenEmpty, isOfOne }: FeedOptions): HtmlValue {
  return feed(
    events.map((event) => ({
      about: html`${severityBadge(event.severity)} ${!isOfOne && subjectOf(event)}`,
      at: event.createdAt,
      text: event.message,
    })),
    now,
    whenEmpty,
  );
}

export interface FeedEntry {
  readonly about: HtmlValue;
  readonly at: Date;
  readonly text: string;
}

/** What happened, one thing below the other. */
export function feed(entries: readonly FeedEntry[], now: Date, whenEmpty: string): HtmlValue {
  if (entries.length === 0) return html`<p class="empty">${whenEmpty}</p>`;
  return html`<ul class="feed">
    ${entries.map(
      ({ about, at, text }) =>
        html`<li>
          <p class="about">${about} <span class="muted">${ago(at, now)}</span></p>
          <p>${withReadableTimes(text)}</p>
        </li>`,
    )}
  </ul>`;
}
