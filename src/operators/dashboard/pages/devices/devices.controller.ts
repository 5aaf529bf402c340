import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { Clock } from '../../../../kernel/clock.js';
import { CERTIFICATE_HEALTHS } from '../../../domain/certificate-health.js';
import { DeviceListing } from '../../../devices/device-listing.js';
import { FormFields } from '../../http/form-fields.js';
import { sendPage } from '../../http/send-page.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { DEVICE_STATES, devicesPage } from './devices.view.js';

const ROWS = 50;
const LONGEST = { q: 253, group: 100, cursor: 400 } as const;

/** The list of devices. */
@ApiExcludeController()
@Controller('devices')
export class DevicesPageController {
  constructor(
    private readonly listing: DeviceListing,
    private readonly clock: Clock,
  ) {}

  @Get()
  @NeedsSession('viewer')
  async show(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const fields = new FormFields(request.query);
    const filter = {
      q: fields.text('q', 'The search', LONGEST.q),
      group: fields.text('group', 'The group', LONGEST.group),
      state: fields.oneOf('state', 'The state', DEVICE_STATES),
      health: fields.oneOf('health', 'The health', CERTIFICATE_HEALTHS),
    };
    const cursor = fields.text('cursor', 'The cursor', LONGEST.cursor);
    const page = await this.listing.list({ ...filter, cursor, limit: ROWS });
    sendPage(response, devicesPage({ session: request.session, filter, page, cursor, now: this.clock.now() }));
  }
}
