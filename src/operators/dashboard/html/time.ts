import { relativeTime } from '../domain/duration-text.js';
import { html, type Html } from './html.js';

/** `2026-11-20 22:48 UTC`. */
export function utc(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A moment, as people count: `in 12 days`, with the exact time beside it for whoever points at it. */
export function ago(time: Date, now: Date): Html {
  return html`<time datetime="${time.toISOString()}" title="${utc(time)}">${relativeTime(time, now)}</time>`;
}

/** A moment in full, and how far away it is. */
export function moment(time: Date, now: Date): Html {
  return html`<time datetime="${time.toISOString()}">${utc(time)}</time>
    <span class="muted">(${relativeTime(time, now)})</span>`;
}

/** A moment to the second, in a list; how far away it is stands beside it for whoever points at it. */
export function stamp(time: Date, now: Date): Html {
  const text = time.toISOString().slice(0, 19).replace('T', ' ');
  return html`<time class="stamp" datetime="${time.toISOString()}" title="${relativeTime(time, now)}">${text}</time>`;
}
