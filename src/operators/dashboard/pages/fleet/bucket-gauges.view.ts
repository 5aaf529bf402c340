import { durationText } from '../../domain/duration-text.js';
import { figure } from '../../html/figure.js';
import { html, type Html } from '../../html/html.js';

/** How full a bucket of the CA's limits is. */
export interface ShownBucket {
  /** Where there are several. */
  readonly ca?: string;
  readonly title: string;
  /** The registered domain, or the account's URL. */
  readonly subject: string;
  readonly capacity: number;
  /** What may be spent now. */
  readonly level: number;
  /** Taken by orders in flight. */
  readonly reserved: number;
  /** One more every so many seconds. */
  readonly refillSeconds: number;
  /** 0: it is full. */
  readonly secondsUntilFull: number;
}

/** The CA's limits as gauges. */
export function bucketGauges(buckets: readonly ShownBucket[]): Html {
  return html`<section class="card" aria-labelledby="limits" data-part="limits">
    <h2 id="limits">What the CA still allows</h2>
    ${
      buckets.length === 0
        ? html`<p class="empty">No limit of the CA is known that orders share.</p>`
        : html`<ul class="gauges">
            ${buckets.map((bucket, index) => gauge(bucket, `limit-${index}`))}
          </ul>`
    }
  </section>`;
}

function gauge(bucket: ShownBucket, id: string): Html {
  const { ca, title, subject, capacity, level, reserved, refillSeconds, secondsUntilFull } = bucket;
  return html`<li>
    <p id="${id}"><strong>${title}</strong> <code>${subject}</code>${ca !== undefined && html` at ${ca}`}</p>
    <meter min="0" max="${capacity}" low="${capacity / 5}" value="${level}" aria-labelledby="${id}"></meter>
    <p class="muted">
      ${figure(level)} of ${figure(capacity)}
      left${reserved > 0 && html`, ${figure(reserved)} reserved by orders in flight`} ·
      ${secondsUntilFull === 0 ? 'full' : html`full in ${durationText(secondsUntilFull * 1000)}`} · one more every
      ${everyText(refillSeconds)}
    </p>
  </li>`;
}

/** With the seconds that durationText leaves out. */
function everyText(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} seconds` : durationText(seconds * 1000);
}
