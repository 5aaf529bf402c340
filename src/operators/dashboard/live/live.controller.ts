import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { PATH_UUID } from '../../../platform/http/path-uuid.js';
import { FormFields } from '../http/form-fields.js';
import { NeedsSession, type SessionRequest } from '../session/session.guard.js';
import { Sessions } from '../session/sessions.js';
import { LiveChanges } from './live-changes.js';
import { LiveFleet } from './live-fleet.js';
import type { Topic } from './page-versions.js';
import type { LiveStream } from './stream-set.js';

/** What moves on the pages, as server-sent events, for who has signed in. */
@ApiExcludeController()
@Controller('live')
export class LiveController {
  constructor(
    private readonly fleet: LiveFleet,
    private readonly changes: LiveChanges,
    private readonly sessions: Sessions,
  ) {}

  @Get('fleet')
  @NeedsSession('viewer')
  showFleet(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    return this.fleet.open(this.stream(request, response));
  }

  @Get('events')
  @NeedsSession('viewer')
  showEvents(@Query() query: unknown, @Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    return this.tell('events', query, request, response);
  }

  @Get('queue')
  @NeedsSession('viewer')
  showQueue(@Query() query: unknown, @Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    return this.tell('queue', query, request, response);
  }

  @Get('bulk/:id')
  @NeedsSession('viewer')
  showBulkJob(
    @Param('id', PATH_UUID) id: string,
    @Query() query: unknown,
    @Req() request: SessionRequest,
    @Res() response: Response,
  ): Promise<void> {
    return this.tell(`bulk:${id}`, query, request, response);
  }

  @Get('devices/:id')
  @NeedsSession('viewer')
  showDevice(
    @Param('id', PATH_UUID) id: string,
    @Query() query: unknown,
    @Req() request: SessionRequest,
    @Res() response: Response,
  ): Promise<void> {
    return this.tell(`device:${id}`, query, request, response);
  }

  private tell(topic: Topic, query: unknown, request: SessionRequest, response: Response): Promise<void> {
    return this.changes.open(this.stream(request, response), topic, new FormFields(query).raw('seen'));
  }

  private stream({ session }: SessionRequest, response: Response): LiveStream {
    return { response, isStillAllowed: async () => (await this.sessions.find(session.token)) !== undefined };
  }
}
