import type { ZoneItem } from '../../../zones/zone-listing.js';
import { badge } from '../../html/badge.js';
import { html, type Html } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { table } from '../../html/table.js';
import type { Session } from '../../session/session.js';

export function zonesPage(session: Session, zones: readonly ZoneItem[]): Html {
  return layout({
    title: 'Zones',
    section: '/zones',
    session,
    content: html`<section class="card" aria-label="Zones">
      ${table(
        'Zones',
        [
          { title: 'Zone', kind: 'name', cell: ({ zone }) => html`<a href="/zones/${zone}"><code>${zone}</code></a>` },
          { title: 'State', cell: zoneState },
          { title: 'Serial', kind: 'number', cell: ({ serial }) => serial ?? '–' },
          { title: 'Names', kind: 'number', cell: ({ names }) => names },
          {
            title: 'Name servers',
            cell: ({ nameServers }) => nameServers.map((name) => html`<code class="line">${name}</code>`),
          },
        ],
        zones,
        'No zone is configured.',
      )}
    </section>`,
  });
}

/** Is what this server answers the newest there is? */
export function zoneState({ serial, committedSerial }: ZoneItem): Html {
  if (serial === null) return badge('failing', 'not loaded');
  if (serial !== committedSerial)
    return html`${badge('deferred', 'catching up')} <span class="muted">to ${committedSerial}</span>`;
  return badge('ok', 'current');
}
