import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { Clock } from '../../../../kernel/clock.js';
import { FleetSummaries } from '../../../fleet/fleet-summary.js';
import { expiryHistogram } from '../../domain/expiry-histogram.js';
import { sendPage } from '../../http/send-page.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { CertificateExpiries } from './certificate-expiries.js';
import { fleetPage } from './fleet.view.js';

/** The fleet at a glance. */
@ApiExcludeController()
@Controller()
export class FleetPageController {
  constructor(
    private readonly summaries: FleetSummaries,
    private readonly expiries: CertificateExpiries,
    private readonly clock: Clock,
  ) {}

  @Get()
  @NeedsSession('viewer')
  async show(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const now = this.clock.now();
    const [summary, weeks] = await Promise.all([this.summaries.read(), this.expiries.byWeek()]);
    const histogram = expiryHistogram(weeks, now);
    sendPage(response, fleetPage({ session: request.session, summary, histogram, now }));
  }
}
