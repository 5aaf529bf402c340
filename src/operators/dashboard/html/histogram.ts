import { type ExpiryBucket } from '../domain/expiry-histogram.js';
import { html, type Html } from './html.js';
import { table } from './table.js';

const WIDTH = 720;
const HEIGHT = 200;
const TOP = 22;
const BOTTOM = 26;
const GAP = 8;

/** When certificates end, as bars; with a summary for who does not see them, and the figures as a table. */
export function expiryChart(buckets: readonly ExpiryBucket[]): Html {
  const most = Math.max(1, ...buckets.map(({ certificates }) => certificates));
  const step = WIDTH / buckets.length;
  const room = HEIGHT - TOP - BOTTOM;
  return html`<figure>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="expiry-title expiry-text">
      <title id="expiry-title">Certificates by the week they expire in</title>
      <desc id="expiry-text">${summaryOf(buckets)}</desc>
      <line class="axis" x1="0" x2="${WIDTH}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM}"></line>
      ${buckets.map((bucket, index) => {
        const height = bucket.certificates === 0 ? 0 : Math.max(3, Math.round((bucket.certificates / most) * room));
        const x = Math.round(index * step + GAP / 2);
        const width = Math.round(step - GAP);
        const middle = x + width / 2;
        return html`<g class="bar ${bucket.kind}${bucket.week === 0 && ' soon'}">
          <title>${longLabel(bucket)}: ${bucket.certificates}</title>
          <rect x="${x}" y="${HEIGHT - BOTTOM - height}" width="${width}" height="${height}" rx="2"></rect>
          ${bucket.certificates > 0 && html`<text class="value" x="${middle}" y="${HEIGHT - BOTTOM - height - 6}">${compact(bucket.certificates)}</text>`}
          <text class="label" x="${middle}" y="${HEIGHT - 8}">${shortLabel(bucket)}</text>
        </g>`;
      })}
    </svg>
    <details>
      <summary>The figures as a table</summary>
      ${table(
        'Certificates by the week they expire in',
        [
          { title: 'Expires', kind: 'name', cell: longLabel },
          { title: 'Certificates', kind: 'number', cell: ({ certificates }) => certificates },
        ],
        buckets,
        '',
      )}
    </details>
  </figure>`;
}

function shortLabel({ kind, from }: ExpiryBucket): string {
  if (kind !== 'week') return kind;
  return from!.toISOString().slice(5, 10);
}

function longLabel({ kind, from, to }: ExpiryBucket): string {
  if (kind === 'expired') return 'already expired';
  const start = from!.toISOString().slice(0, 10);
  return kind === 'later' ? `from ${start} on` : `${start} to ${to!.toISOString().slice(0, 10)}`;
}

function summaryOf(buckets: readonly ExpiryBucket[]): string {
  const filled = buckets.filter(({ certificates }) => certificates > 0);
  if (filled.length === 0) return 'There are no certificates yet.';
  return `${filled.map((bucket) => `${longLabel(bucket)}: ${bucket.certificates}`).join('; ')}.`;
}

function compact(count: number): string {
  return count < 10_000 ? String(count) : `${Math.round(count / 1000)}k`;
}
