import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';

import type { Page } from '../../platform/http/page.js';
import { Problems } from '../../platform/http/problems.js';
import { ApiKeys } from '../auth/api-keys.js';
import { NeedsRole, type OperatorRequest } from '../auth/operator.guard.js';
import type { EventItem } from '../events/event-item.js';
import { eventId, EventListing } from '../events/event-listing.js';
import { EventStreams } from '../events/event-streams.js';
import { eventFilter, EventQuery } from './events.dto.js';

const EVENT_EXAMPLE = `retry: 3000
id: 1041

id: 1042
event: certificate.issued
data: {"id":"1042","type":"certificate.issued","severity":"info","message":"k2v7q4m3xw5t.d.example.com got a certificate", …}

`;

@ApiTags('operators')
@NeedsRole('viewer')
@Controller('v1/events')
export class EventsController {
  constructor(
    private readonly listing: EventListing,
    private readonly streams: EventStreams,
    private readonly apiKeys: ApiKeys,
  ) {}

  @Get()
  @ApiOperation({ summary: 'What happened, newest first' })
  list(@Query() query: EventQuery): Promise<Page<EventItem>> {
    return this.listing.list(eventFilter(query), query);
  }

  @Get('stream')
  @ApiOperation({
    summary: 'What happens, as server-sent events: those after Last-Event-ID, or from now on',
  })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'The id of the event that was seen last' })
  @ApiOkResponse({
    description: 'Events as they happen; a comment every so often keeps the connection open',
    content: { 'text/event-stream': { schema: { type: 'string' }, example: EVENT_EXAMPLE } },
  })
  @Problems('unavailable')
  async stream(
    @Query() query: EventQuery,
    @Req() request: OperatorRequest,
    @Res({ passthrough: false }) response: Response,
  ): Promise<void> {
    const seen = request.headers['last-event-id'];
    const after = typeof seen === 'string' && seen !== '' ? eventId(seen, 'Last-Event-ID') : undefined;
    const { id, fingerprint } = request.operator;
    await this.streams.open(
      response,
      eventFilter(query),
      after,
      async () => (await this.apiKeys.stillValid(id, fingerprint)) !== undefined,
    );
  }
}
