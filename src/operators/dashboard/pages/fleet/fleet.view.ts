import type { FleetSummary } from '../../../fleet/fleet-summary.js';
import type { ExpiryBucket } from '../../domain/expiry-histogram.js';
import { toneOf } from '../../html/badge.js';
import { figure } from '../../html/figure.js';
import { expiryChart } from '../../html/histogram.js';
import { html, type Html } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { liveState } from '../../html/live-state.js';
import type { Session } from '../../session/session.js';
import type { FleetOverview } from './fleet-overview.js';
import { fleetParts } from './fleet-parts.view.js';
import { rolloutCard } from './rollout.view.js';
import type { Rollout } from './rollouts.js';

export interface FleetView {
  readonly session: Session;
  readonly overview: FleetOverview;
  readonly histogram: readonly ExpiryBucket[];
  readonly rollout: Rollout;
  readonly now: Date;
}

/** What each health means, in the order of urgency. */
const HEALTHS = [
  ['expired', 'Expired', 'past their end'],
  ['at-risk', 'At risk', 'little of the lifetime left'],
  ['failing', 'Failing', 'the newest order failed'],
  ['renewing', 'Renewing', 'past the renewal time'],
  ['ok', 'Healthy', 'before the renewal time'],
  ['none', 'No certificate', 'not issued yet'],
] as const;

export function fleetPage({ session, overview, histogram, rollout, now }: FleetView): Html {
  const parts = fleetParts(overview, now);
  return layout({
    title: 'Fleet',
    section: '/',
    session,
    scripts: ['live.js'],
    beside: liveState('/live/fleet', now),
    content: html`${parts.alarms} ${healthTiles(overview.summary)}
      <div class="columns">
        <section class="card" aria-labelledby="expiries">
          <h2 id="expiries">Expiries in the coming weeks</h2>
          ${expiryChart(histogram)}
        </section>
        ${parts.queue}
      </div>
      <div class="columns">
        <div class="stack">${rolloutCard(rollout, now)}</div>
        <div class="stack">${parts.limits} ${parts.zones}</div>
      </div>
      <div class="columns">
        <div class="stack">${parts.events}</div>
        <div class="stack">${parts.soonest} ${parts.failures}</div>
      </div>`,
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
