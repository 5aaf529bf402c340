import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { Clock } from '../../../../kernel/clock.js';
import { expiryHistogram } from '../../domain/expiry-histogram.js';
import { usualRollout } from '../../domain/rollout-curve.js';
import { FormFields } from '../../http/form-fields.js';
import { sendPage } from '../../http/send-page.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { CertificateExpiries } from './certificate-expiries.js';
import { FleetOverviews } from './fleet-overview.js';
import { fleetPage } from './fleet.view.js';
import { MOST_DEVICES } from './rollout.view.js';
import { Rollouts } from './rollouts.js';

/** The fleet at a glance. */
@ApiExcludeController()
@Controller()
export class FleetPageController {
  constructor(
    private readonly overviews: FleetOverviews,
    private readonly expiries: CertificateExpiries,
    private readonly rollouts: Rollouts,
    private readonly clock: Clock,
  ) {}

  @Get()
  @NeedsSession('viewer')
  async show(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const now = this.clock.now();
    const wanted = new FormFields(request.query).integer('devices', 'The number of devices', 0, MOST_DEVICES);
    const [overview, weeks] = await Promise.all([this.overviews.read(), this.expiries.byWeek()]);
    const rollout = await this.rollouts.of(wanted ?? usualRollout(overview.summary.devices.total));
    const histogram = expiryHistogram(weeks, now);
    sendPage(response, fleetPage({ session: request.session, overview, histogram, rollout, now }));
  }
}
