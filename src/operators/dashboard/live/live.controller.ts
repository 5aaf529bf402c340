import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { readSessionCookie } from '../session/session-cookie.js';
import { NeedsSession, type SessionRequest } from '../session/session.guard.js';
import { Sessions } from '../session/sessions.js';
import { LiveFleet } from './live-fleet.js';

/** The fleet's figures as server-sent events, for who has signed in. */
@ApiExcludeController()
@Controller('events')
export class LiveController {
  constructor(
    private readonly live: LiveFleet,
    private readonly sessions: Sessions,
  ) {}

  @Get('live')
  @NeedsSession('viewer')
  show(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const cookie = readSessionCookie(request) ?? '';
    return this.live.open({
      response,
      isStillAllowed: async () => (await this.sessions.open(cookie)) !== undefined,
    });
  }
}
