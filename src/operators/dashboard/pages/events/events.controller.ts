import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { Clock } from '../../../../kernel/clock.js';
import { EVENT_TYPES, SEVERITIES } from '../../../../platform/events/event-type.js';
import type { EventFilter } from '../../../events/event-filter.js';
import { EventListing } from '../../../events/event-listing.js';
import { EVENT_COLUMNS } from '../../../export/columns.js';
import { EXPORT_FORMATS } from '../../../export/export-format.js';
import { EXPORT_BATCH, Exports } from '../../../export/exports.js';
import { FormFields } from '../../http/form-fields.js';
import { sendPage } from '../../http/send-page.js';
import { PageVersions } from '../../live/page-versions.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { uuidText } from '../../http/uuid-field.js';
import { eventsPage, type EventsView, LEAST_SEVERITIES } from './events.view.js';

const ROWS = 50;

/** What happened, newest first. */
@ApiExcludeController()
@Controller('events')
export class EventsPageController {
  constructor(
    private readonly listing: EventListing,
    private readonly exports: Exports,
    private readonly versions: PageVersions,
    private readonly clock: Clock,
  ) {}

  @Get()
  @NeedsSession('viewer')
  async show(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const fields = new FormFields(request.query);
    const { words, filter } = eventQuery(fields);
    const cursor = fields.text('cursor', 'The cursor', 400);
    const version = await this.versions.of('events');
    const page = await this.listing.list(filter, { limit: ROWS, cursor });
    const now = this.clock.now();
    sendPage(response, eventsPage({ session: request.session, words, page, cursor, version, now }));
  }

  @Get('export')
  @NeedsSession('viewer')
  async export(@Req() { query }: SessionRequest, @Res() response: Response): Promise<void> {
    const fields = new FormFields(query);
    const { filter } = eventQuery(fields);
    await this.exports.send(response, {
      name: 'events',
      format: fields.oneOf('format', 'The format', EXPORT_FORMATS) ?? 'csv',
      columns: EVENT_COLUMNS,
      page: (cursor) => this.listing.list(filter, { limit: EXPORT_BATCH, cursor }),
    });
  }
}

/** @throws DomainError `invalid_request` */
function eventQuery(fields: FormFields): { readonly words: EventsView['words']; readonly filter: EventFilter } {
  const words = {
    severity: fields.oneOf('severity', 'The severity', SEVERITIES),
    type: fields.oneOf('type', 'The kind', EVENT_TYPES),
    device: uuidText(fields, 'device', 'The device'),
  };
  const filter = {
    severities: words.severity && LEAST_SEVERITIES[words.severity],
    types: words.type && [words.type],
    device: words.device,
  };
  return { words, filter };
}
