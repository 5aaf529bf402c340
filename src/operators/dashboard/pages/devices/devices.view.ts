import type { Page } from '../../../../platform/http/page.js';
import { CERTIFICATE_HEALTHS } from '../../../domain/certificate-health.js';
import type { DeviceItem } from '../../../devices/device-listing.js';
import { badge } from '../../html/badge.js';
import { deviceLink } from '../../html/device-link.js';
import { choice, field } from '../../html/form.js';
import { html, type Html } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { pager } from '../../html/pager.js';
import { table } from '../../html/table.js';
import { ago } from '../../html/time.js';
import type { Session } from '../../session/session.js';

export const DEVICE_STATES = ['active', 'suspended'] as const;

export interface DevicesView {
  readonly session: Session;
  readonly filter: Readonly<Record<'q' | 'group' | 'state' | 'health', string | undefined>>;
  readonly page: Page<DeviceItem>;
  readonly cursor?: string;
  readonly now: Date;
}

export function devicesPage(view: DevicesView): Html {
  const { session, filter, page, now } = view;
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return layout({
    title: 'Devices',
    section: '/devices',
    session,
    content: html`${filterForm(filter, isFiltered)}
      <section class="card" aria-label="Devices">
        ${table(
          'Devices, oldest enrollment first',
          [
            { title: 'Name', kind: 'name', cell: ({ deviceId, name }) => deviceLink(deviceId, name) },
            { title: 'State', cell: stateOf },
            { title: 'Certificate', cell: ({ certificateHealth }) => badge(certificateHealth) },
            { title: 'Expires', cell: ({ certificate }) => (certificate ? ago(certificate.notAfter, now) : '–') },
            { title: 'Addresses', cell: ({ addresses }) => addressesOf(addresses) },
            { title: 'Group', cell: ({ group }) => group ?? '–' },
            { title: 'Note', cell: ({ note }) => note ?? '–' },
            { title: 'Last seen', cell: ({ lastSeenAt }) => (lastSeenAt ? ago(lastSeenAt, now) : 'never') },
          ],
          page.items,
          isFiltered ? 'No device fits.' : 'No device has enrolled yet. Make a key under Enrollment to begin.',
        )}
        ${pager('/devices', filter, view.cursor, page.nextCursor)}
      </section>`,
  });
}

function filterForm(filter: DevicesView['filter'], isFiltered: boolean): Html {
  const any = [['', 'any']] as const;
  return html`<form method="get" action="/devices" class="filters" role="search" aria-label="Devices">
    ${field('q', 'q', 'Search', { type: 'search', value: filter.q, longest: 253, placeholder: 'name, address, hardware id, note' })}
    ${choice('state', 'state', 'State', [...any, ...DEVICE_STATES.map((state) => [state, state] as const)], filter.state)}
    ${choice('health', 'health', 'Certificate', [...any, ...CERTIFICATE_HEALTHS.map((health) => [health, health] as const)], filter.health)}
    ${field('group', 'group', 'Group', { value: filter.group, longest: 100 })}
    <button class="primary">Show</button>
    ${isFiltered && html`<a class="clear" href="/devices">Clear</a>`}
  </form>`;
}

function stateOf({ state, cloneSuspectedAt }: DeviceItem): Html {
  return html`${badge(state)}${cloneSuspectedAt && html` <span class="badge bad">clone suspected</span>`}`;
}

function addressesOf(addresses: readonly string[]): Html {
  const [first, ...more] = addresses;
  if (first === undefined) return html`–`;
  return html`<code>${first}</code
    >${more.length > 0 && html` <span class="muted" title="${more.join(', ')}">+${more.length}</span>`}`;
}
