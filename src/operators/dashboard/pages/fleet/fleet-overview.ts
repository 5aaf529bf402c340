import { Injectable } from '@nestjs/common';

import type { EventItem } from '../../../events/event-item.js';
import { EventListing } from '../../../events/event-listing.js';
import { type FleetSummary, FleetSummaries } from '../../../fleet/fleet-summary.js';

const EVENTS = 10;

/** What the fleet's page shows of this moment. */
export interface FleetOverview {
  readonly summary: FleetSummary;
  /** Newest first. */
  readonly events: readonly EventItem[];
}

@Injectable()
export class FleetOverviews {
  constructor(
    private readonly summaries: FleetSummaries,
    private readonly events: EventListing,
  ) {}

  async read(): Promise<FleetOverview> {
    const [summary, events] = await Promise.all([this.summaries.read(), this.events.list({}, { limit: EVENTS })]);
    return { summary, events: events.items };
  }
}
