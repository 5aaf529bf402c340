import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { Clock } from '../../../../kernel/clock.js';
import { AlarmListing } from '../../../alarms/alarm-listing.js';
import { ALARM_KINDS } from '../../../domain/alarm.js';
import { FormFields } from '../../http/form-fields.js';
import { sendPage } from '../../http/send-page.js';
import { PageVersions } from '../../live/page-versions.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { alarmsPage } from './alarms.view.js';
import { OpenAlarms } from './open-alarms.js';

const ROWS = 50;

/** What is wrong at this moment. */
@ApiExcludeController()
@Controller('alarms')
export class AlarmsPageController {
  constructor(
    private readonly listing: AlarmListing,
    private readonly open: OpenAlarms,
    private readonly versions: PageVersions,
    private readonly clock: Clock,
  ) {}

  @Get()
  @NeedsSession('viewer')
  async show(@Req() { session, query }: SessionRequest, @Res() response: Response): Promise<void> {
    const fields = new FormFields(query);
    const kind = fields.oneOf('kind', 'The kind', ALARM_KINDS);
    const cursor = fields.text('cursor', 'The cursor', 400);
    const version = await this.versions.of('events');
    const [page, counts] = await Promise.all([this.listing.list({ limit: ROWS, cursor }, kind), this.open.counts()]);
    sendPage(response, alarmsPage({ session, kind, page, counts, cursor, version, now: this.clock.now() }));
  }
}
