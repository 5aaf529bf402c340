import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { ZoneListing } from '../../../zones/zone-listing.js';
import { sendPage } from '../../http/send-page.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { zonesPage } from './zones.view.js';

/** The zones that are served. */
@ApiExcludeController()
@Controller('zones')
export class ZonesPageController {
  constructor(private readonly zones: ZoneListing) {}

  @Get()
  @NeedsSession('viewer')
  async show(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    sendPage(response, zonesPage(request.session, await this.zones.list()));
  }
}
