import { Injectable } from '@nestjs/common';

import type { EventItem } from '../../../events/event-item.js';
import { EventListing } from '../../../events/event-listing.js';
import { type FleetSummary, FleetSummaries } from '../../../fleet/fleet-summary.js';
import { type AlarmCount, OpenAlarms } from '../alarms/open-alarms.js';

const EVENTS = 10;

/** What the fleet's page shows of this moment. */
export interface FleetOverview {
  readonly summary: FleetSummary;
  /** Newest first. */
  readonly events: readonly EventItem[];
  /** The worst first. */
  readonly alarms: readonly AlarmCount[];
}

@Injectable()
export class FleetOverviews {
  constructor(
    private readonly summaries: FleetSummaries,
    private readonly events: EventListing,
    private readonly alarms: OpenAlarms,
  ) {}

  async read(): Promise<FleetOverview> {
    const [summary, events, alarms] = await Promise.all([
      this.summaries.read(),
      this.events.list({}, { limit: EVENTS }),
      this.alarms.counts(),
    ]);
    return { summary, events: events.items, alarms };
  }
}
