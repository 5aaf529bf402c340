import type { DeviceItem } from '../../../devices/device-item.js';
import { durationText } from '../../domain/duration-text.js';
import { html, type Html, type HtmlValue } from '../../html/html.js';
import { table } from '../../html/table.js';
import { stamp } from '../../html/time.js';
import type { FormerAddresses } from './address-history.js';

interface Period extends Omit<FormerAddresses, 'until'> {
  /** Absent: they are the present ones. */
  readonly until?: Date;
}

/** A device's addresses as time went on, the present ones first. */
export function addressCard(device: DeviceItem, former: readonly FormerAddresses[], now: Date): Html {
  const since = former[0]?.until ?? device.enrolledAt;
  const periods: Period[] = [{ addresses: device.addresses, since }, ...former];
  const [shown, folded] = [periods.slice(0, SHOWN), periods.slice(SHOWN)];
  return html`<section class="card" aria-labelledby="addresses" data-part="addresses">
    <h2 id="addresses">Addresses over time</h2>
    ${periodTable('Addresses over time, the present ones first', shown, now)}
    ${
      folded.length > 0 &&
      html`<details>
        <summary>Earlier ones</summary>
        ${periodTable('Earlier addresses', folded, now)}
      </details>`
    }
  </section>`;
}

const SHOWN = 6;

function periodTable(caption: string, periods: readonly Period[], now: Date): HtmlValue {
  return table(
    caption,
    [
      { title: 'Addresses', kind: 'name', cell: ({ addresses }) => listed(addresses) },
      { title: 'From', cell: ({ since: from }) => stamp(from, now) },
      { title: 'Until', cell: ({ until }) => (until ? stamp(until, now) : html`<strong>now</strong>`) },
      { title: 'For', kind: 'number', cell: ({ since: from, until = now }) => shortDuration(from, until) },
    ],
    periods,
    '',
  );
}

function shortDuration(from: Date, until: Date): string {
  const text = durationText(until.getTime() - from.getTime());
  return text.startsWith('less') ? '< 1 minute' : text;
}

function listed(addresses: readonly string[]): Html {
  if (addresses.length === 0) return html`<span class="muted">none</span>`;
  return html`${addresses.map((address) => html`<code class="line">${address}</code>`)}`;
}
