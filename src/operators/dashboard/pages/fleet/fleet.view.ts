import type { FleetSummary } from '../../../fleet/fleet-summary.js';
import type { ExpiryBucket } from '../../domain/expiry-histogram.js';
import { toneOf } from '../../html/badge.js';
import { deviceLink } from '../../html/device-link.js';
import { figure } from '../../html/figure.js';
import { expiryChart } from '../../html/histogram.js';
import { html, type Html } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { table } from '../../html/table.js';
import { ago, utc } from '../../html/time.js';
import type { Session } from '../../session/session.js';
import { bucketGauges } from './bucket-gauges.view.js';

export interface FleetView {
  readonly session: Session;
  readonly summary: FleetSummary;
  readonly histogram: readonly ExpiryBucket[];
  readonly now: Date;
}

/** What each health means, in the order of urgency. */
const HEALTHS = [
  ['expired', 'Expired', 'past their end'],
  ['at-risk', 'At risk', 'less than a sixth of the lifetime left'],
  ['failing', 'Failing', 'the newest order failed'],
  ['renewing', 'Renewing', 'past the renewal time'],
  ['ok', 'Healthy', 'before the renewal time'],
  ['none', 'No certificate', 'not issued yet'],
] as const;

export function fleetPage({ session, summary, histogram, now }: FleetView): Html {
  return layout({
    title: 'Fleet',
    section: '/',
    session,
    scripts: ['live.js'],
    beside: html`<p class="muted" id="live-state" data-live-source="/events/live">
      As of <time datetime="${summary.serverTime}">${utc(now)}</time>
    </p>`,
    content: html`${healthTiles(summary)}
      <div class="columns">
        <section class="card wide" aria-labelledby="expiries">
          <h2 id="expiries">Expiries in the coming weeks</h2>
          ${expiryChart(histogram)}
        </section>
        ${queueCard(summary)}
      </div>
      ${bucketGauges(summary.buckets)}
      <div class="columns even">
        <section class="card" aria-labelledby="failures">
          <h2 id="failures">Recent failures</h2>
          ${failures(summary, now)}
        </section>
        <section class="card" aria-labelledby="soonest">
          <h2 id="soonest">Soonest expiries</h2>
          ${soonest(summary, now)}
        </section>
      </div>
      <section class="card" aria-labelledby="serials">
        <h2 id="serials">Zones</h2>
        ${zones(summary)}
      </section>`,
  });
}

function healthTiles({ certificates, devices }: FleetSummary): Html {
  return html`<section aria-labelledby="health">
    <h2 id="health" class="hidden">Certificate health</h2>
    <ul class="tiles">
      <li>
        <a class="tile" href="/devices"
          ><span class="figure" data-live="devices">${figure(devices.total)}</span>
          <span class="name">Devices</span>
          <span class="muted"
            ><span data-live="suspended">${figure(devices.suspended)}</span> suspended,
            <span data-live="clones">${figure(devices.cloneSuspected)}</span> clone suspected</span
          ></a
        >
      </li>
      ${HEALTHS.map(
        ([health, title, meaning]) =>
          html`<li>
            <a class="tile ${toneOf(health)}${certificates[health] === 0 && ' zero'}" href="/devices?health=${health}">
              <span class="figure" data-live="${health}">${figure(certificates[health])}</span>
              <span class="name">${title}</span>
              <span class="muted">${meaning}</span></a
            >
          </li>`,
      )}
    </ul>
  </section>`;
}

function queueCard({ queue }: FleetSummary): Html {
  return html`<section class="card" aria-labelledby="queue">
    <h2 id="queue"><a href="/queue">Queue</a></h2>
    <ul class="figures">
      <li><span class="figure" data-live="queued">${figure(queue.queued)}</span> queued</li>
      <li><span class="figure" data-live="issuing">${figure(queue.issuing)}</span> issuing</li>
      <li><span class="figure" data-live="deferred">${figure(queue.deferred)}</span> deferred</li>
    </ul>
    ${table(
      'Why orders wait',
      [
        { title: 'Reason', kind: 'name', cell: ({ reason }) => reason },
        { title: 'Orders', kind: 'number', cell: ({ orders }) => figure(orders) },
      ],
      queue.reasons,
      'No order waits for a special reason.',
    )}
  </section>`;
}

function failures({ failures: failed }: FleetSummary, now: Date): Html {
  return table(
    'Recent failures',
    [
      { title: 'Device', kind: 'name', cell: ({ deviceId, name }) => deviceLink(deviceId, name) },
      { title: 'Reason', cell: ({ reason }) => reason ?? 'unknown' },
      { title: 'When', cell: ({ at }) => ago(at, now) },
    ],
    failed,
    'No order has failed.',
  );
}

function soonest({ soonestExpiries }: FleetSummary, now: Date): Html {
  return table(
    'Soonest expiries',
    [
      { title: 'Device', kind: 'name', cell: ({ deviceId, name }) => deviceLink(deviceId, name) },
      { title: 'Expires', cell: ({ notAfter }) => ago(notAfter, now) },
    ],
    soonestExpiries,
    'There are no certificates yet.',
  );
}

function zones({ zones: all }: FleetSummary): Html {
  return table(
    'Zones',
    [
      { title: 'Zone', kind: 'name', cell: ({ zone }) => html`<a href="/zones/${zone}"><code>${zone}</code></a>` },
      { title: 'Serial', cell: ({ serial }) => serial },
    ],
    all,
    'No zone is configured.',
  );
}
