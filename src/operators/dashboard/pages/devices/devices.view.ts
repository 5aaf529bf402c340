import type { Page } from '../../../../platform/http/page.js';
import type { DeviceItem } from '../../../devices/device-item.js';
import { CERTIFICATE_HEALTHS } from '../../../domain/certificate-health.js';
import { roleSuffices } from '../../../domain/role.js';
import { badge } from '../../html/badge.js';
import { deviceLink } from '../../html/device-link.js';
import { downloads } from '../../html/download.js';
import { choice, field } from '../../html/form.js';
import { html, type Html } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { pager } from '../../html/pager.js';
import { table } from '../../html/table.js';
import { ago } from '../../html/time.js';
import type { Session } from '../../session/session.js';
import { DEVICE_STATES, type DeviceWords, isNarrowed, queryText, SEEN } from './device-query.js';

const SORT_TITLES = {
  enrolledAt: 'oldest enrollment first',
  '-enrolledAt': 'newest enrollment first',
  name: 'by name',
  notAfter: 'soonest expiry first',
  '-notAfter': 'latest expiry first',
  lastSeenAt: 'longest silent first',
  '-lastSeenAt': 'last seen first',
} as const;

export interface DevicesView {
  readonly session: Session;
  readonly words: DeviceWords;
  readonly zones: readonly string[];
  readonly page: Page<DeviceItem>;
  readonly cursor?: string;
  readonly now: Date;
}

export function devicesPage({ session, words, zones, page, cursor, now }: DevicesView): Html {
  const mayAct = roleSuffices(session.operator.role, 'operator');
  return layout({
    title: 'Devices',
    section: '/devices',
    session,
    content: html`${filterForm(words, zones)}
      <section class="card" aria-label="Devices">
        ${table(
          'Devices',
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
          isNarrowed(words) ? 'No device fits.' : 'No device has enrolled yet. Make a key under Enrollment to begin.',
        )}
        ${pager('/devices', words, cursor, page.nextCursor)}
        ${
          page.items.length > 0 &&
          html`<div class="foot">
            ${downloads('/devices/export', words)}
            ${mayAct && html`<a href="/devices/bulk${queryText({ ...words, sort: undefined })}">Do something to all of them …</a>`}
          </div>`
        }
      </section>`,
  });
}

function filterForm(words: DeviceWords, zones: readonly string[]): Html {
  const any = [['', 'any']] as const;
  return html`<form method="get" action="/devices" class="filters" role="search" aria-label="Devices">
    ${field('q', 'q', 'Search', { type: 'search', value: words.q, longest: 253, placeholder: 'name, address, hardware id, note' })}
    ${choice('state', 'state', 'State', [...any, ...DEVICE_STATES.map((state) => [state, state] as const)], words.state)}
    ${choice('health', 'health', 'Certificate', [...any, ...CERTIFICATE_HEALTHS.map((health) => [health, health] as const)], words.health)}
    ${choice('seen', 'seen', 'Last seen', [...any, ...Object.entries(SEEN)], words.seen)}
    ${zones.length > 1 && choice('zone', 'zone', 'Zone', [...any, ...zones.map((zone) => [zone, zone] as const)], words.zone)}
    ${field('group', 'group', 'Group', { value: words.group, longest: 100 })}
    ${choice('sort', 'sort', 'Order', Object.entries(SORT_TITLES), words.sort)}
    <button class="primary">Show</button>
    ${isNarrowed(words) && html`<a class="clear" href="/devices">Clear</a>`}
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
