import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { Clock } from '../../../../kernel/clock.js';
import { FleetSummaries } from '../../../fleet/fleet-summary.js';
import { FormFields } from '../../http/form-fields.js';
import { sendPage } from '../../http/send-page.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { queuePage } from './queue.view.js';
import { WaitingOrders } from './waiting-orders.js';

const ROWS = 50;

/** What waits for a certificate, and why. */
@ApiExcludeController()
@Controller('queue')
export class QueuePageController {
  constructor(
    private readonly waiting: WaitingOrders,
    private readonly summaries: FleetSummaries,
    private readonly clock: Clock,
  ) {}

  @Get()
  @NeedsSession('viewer')
  async show(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const cursor = new FormFields(request.query).text('cursor', 'The cursor', 400);
    const now = this.clock.now();
    const [page, { queue }] = await Promise.all([this.waiting.list(ROWS, cursor, now), this.summaries.read()]);
    sendPage(response, queuePage({ session: request.session, page, queue, cursor, now }));
  }
}
