import type { DeviceItem } from '../../../devices/device-listing.js';
import { durationText } from '../../domain/duration-text.js';
import { html, type Html } from '../../html/html.js';
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
  return html`<section class="card" aria-labelledby="addresses" data-part="addresses">
    <h2 id="addresses">Addresses over time</h2>
    ${table(
      'Addresses over time, the present ones first',
      [
        { title: 'Addresses', kind: 'name', cell: ({ addresses }) => listed(addresses) },
        { title: 'From', cell: ({ since: from }) => stamp(from, now) },
        { title: 'Until', cell: ({ until }) => (until ? stamp(until, now) : html`<strong>now</strong>`) },
        {
          title: 'For',
          kind: 'number',
          cell: ({ since: from, until = now }) => durationText(until.getTime() - from.getTime()),
        },
      ],
      periods,
      '',
    )}
  </section>`;
}

function listed(addresses: readonly string[]): Html {
  if (addresses.length === 0) return html`<span class="muted">none</span>`;
  return html`${addresses.map((address) => html`<code class="line">${address}</code>`)}`;
}
