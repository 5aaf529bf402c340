import type { FleetSummary } from '../../../fleet/fleet-summary.js';
import { badge } from '../../html/badge.js';
import { deviceLink } from '../../html/device-link.js';
import { eventFeed, feed } from '../../html/event-list.js';
import { figure } from '../../html/figure.js';
import { html, type Html } from '../../html/html.js';
import { table } from '../../html/table.js';
import { ago } from '../../html/time.js';
import { alarmChips } from '../alarms/alarms.view.js';
import { queueLink } from '../queue/queue-link.js';
import { bucketGauges } from './bucket-gauges.view.js';
import type { FleetOverview } from './fleet-overview.js';

/** The parts of the fleet's page that the live script takes over by themselves. */
export type FleetParts = Readonly<
  Record<'alarms' | 'queue' | 'limits' | 'events' | 'failures' | 'soonest' | 'zones', Html>
>;

export function fleetParts({ summary, events, alarms }: FleetOverview, now: Date): FleetParts {
  return {
    alarms: html`<section aria-labelledby="alarms" data-part="alarms">
      <h2 id="alarms" class="hidden">What is wrong now</h2>
      ${alarmChips(alarms)}
    </section>`,
    queue: queueCard(summary),
    limits: bucketGauges(summary.buckets),
    events: html`<section class="card" aria-labelledby="events" data-part="events">
      <h2 id="events"><a href="/events">Recent events</a></h2>
      ${eventFeed(events, now, { whenEmpty: 'Nothing has happened yet.' })}
    </section>`,
    failures: failures(summary, now),
    soonest: soonest(summary, now),
    zones: zones(summary),
  };
}

function queueCard({ queue }: FleetSummary): Html {
  return html`<section class="card" aria-labelledby="queue" data-part="queue">
    <h2 id="queue"><a href="/queue">Queue</a></h2>
    <ul class="figures">
      ${(['queued', 'issuing', 'deferred'] as const).map(
        (status) => html`<li><span class="figure" data-live="${status}">${figure(queue[status])}</span> ${status}</li>`,
      )}
    </ul>
    ${table(
      'Why orders wait',
      [
        {
          title: 'Reason',
          kind: 'name',
          cell: ({ reason }) => html`<a class="quiet" href="${queueLink({ reason })}">${reason}</a>`,
        },
        { title: 'Orders', kind: 'number', cell: ({ orders }) => figure(orders) },
      ],
      queue.reasons,
      'No order waits for a special reason.',
    )}
  </section>`;
}

function failures({ failures: failed }: FleetSummary, now: Date): Html {
  return html`<section class="card" aria-labelledby="failures" data-part="failures">
    <h2 id="failures"><a href="${queueLink({ status: 'failed' })}">Recent failures</a></h2>
    ${feed(
      failed.slice(0, SHOWN).map(({ deviceId, name, reason, at }) => ({
        about: deviceLink(deviceId, name),
        at,
        text: reason ?? 'The reason is not known.',
      })),
      now,
      'No order has failed.',
    )}
  </section>`;
}

function soonest({ soonestExpiries }: FleetSummary, now: Date): Html {
  return html`<section class="card" aria-labelledby="soonest" data-part="soonest">
    <h2 id="soonest">Soonest expiries</h2>
    ${table(
      'Soonest expiries',
      [
        { title: 'Device', kind: 'name', cell: ({ deviceId, name }) => deviceLink(deviceId, name) },
        {
          title: 'Expires',
          cell: ({ notAfter }) => (notAfter <= now ? badge('expired', 'expired') : ago(notAfter, now)),
        },
      ],
      soonestExpiries.slice(0, SHOWN),
      'There are no certificates yet.',
    )}
  </section>`;
}

const SHOWN = 6;

function zones({ zones: all }: FleetSummary): Html {
  return html`<section class="card" aria-labelledby="serials" data-part="zones">
    <h2 id="serials"><a href="/zones">Zones</a></h2>
    ${table(
      'Zones',
      [
        { title: 'Zone', kind: 'name', cell: ({ zone }) => html`<a href="/zones/${zone}"><code>${zone}</code></a>` },
        { title: 'Serial', kind: 'number', cell: ({ serial }) => serial },
      ],
      all,
      'No zone is configured.',
    )}
  </section>`;
}
