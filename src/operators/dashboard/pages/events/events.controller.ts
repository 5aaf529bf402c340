import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { Clock } from '../../../../kernel/clock.js';
import { EVENT_TYPES, SEVERITIES } from '../../../../platform/events/event-type.js';
import { EventListing } from '../../../events/event-listing.js';
import { FormFields } from '../../http/form-fields.js';
import { sendPage } from '../../http/send-page.js';
import { PageVersions } from '../../live/page-versions.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { uuidText } from '../../http/uuid-field.js';
import { eventsPage, LEAST_SEVERITIES } from './events.view.js';

const ROWS = 50;

/** What happened, newest first. */
@ApiExcludeController()
@Controller('events')
export class EventsPageController {
  constructor(
    private readonly listing: EventListing,
    private readonly versions: PageVersions,
    private readonly clock: Clock,
  ) {}

  @Get()
  @NeedsSession('viewer')
  async show(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const fields = new FormFields(request.query);
    const filter = {
      severity: fields.oneOf('severity', 'The severity', SEVERITIES),
      type: fields.oneOf('type', 'The kind', EVENT_TYPES),
      device: uuidText(fields, 'device', 'The device'),
    };
    const cursor = fields.text('cursor', 'The cursor', 400);
    const version = await this.versions.of('events');
    const page = await this.listing.list(
      {
        severities: filter.severity && LEAST_SEVERITIES[filter.severity],
        types: filter.type && [filter.type],
        device: filter.device,
      },
      { limit: ROWS, cursor },
    );
    const now = this.clock.now();
    sendPage(response, eventsPage({ session: request.session, filter, page, cursor, version, now }));
  }
}
