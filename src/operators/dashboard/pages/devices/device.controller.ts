import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import { PATH_UUID } from '../../../../platform/http/path-uuid.js';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { DeviceLifecycle } from '../../../../devices/device-lifecycle.js';
import { CertificateStore } from '../../../../issuer/certificates/certificate-store.js';
import { Clock } from '../../../../kernel/clock.js';
import { DeviceListing } from '../../../devices/device-listing.js';
import { DeviceRemoval } from '../../../devices/device-removal.js';
import { FormFields } from '../../http/form-fields.js';
import { sendPage } from '../../http/send-page.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { deletionPage } from './deletion.view.js';
import { DeviceOrders } from './device-orders.js';
import { devicePage } from './device.view.js';
import { DnsAnswers } from './dns-answers.js';

/** What was done, by the word in the address after the redirect. */
const NOTICES: Readonly<Record<string, string>> = {
  suspended: 'The device is suspended: it changes nothing and gets nothing new until it is resumed.',
  resumed: 'The device is active again.',
  saved: 'Saved. The DNS answers accordingly from now on.',
};

/** One device: what is known of it, and what can be done to it. */
@ApiExcludeController()
@Controller('devices/:id')
export class DevicePageController {
  constructor(
    private readonly listing: DeviceListing,
    private readonly certificates: CertificateStore,
    private readonly orders: DeviceOrders,
    private readonly dns: DnsAnswers,
    private readonly lifecycle: DeviceLifecycle,
    private readonly removal: DeviceRemoval,
    private readonly clock: Clock,
  ) {}

  @Get()
  @NeedsSession('viewer')
  async show(
    @Param('id', PATH_UUID) id: string,
    @Req() request: SessionRequest,
    @Res() response: Response,
  ): Promise<void> {
    const [device, certificate, orders] = await Promise.all([
      this.listing.show(id),
      this.certificates.newest(id),
      this.orders.newest(id),
    ]);
    const page = devicePage({
      session: request.session,
      device,
      certificate,
      orders,
      answers: this.dns.ofDevice(device),
      notice: NOTICES[new FormFields(request.query).raw('done')],
      now: this.clock.now(),
    });
    sendPage(response, page);
  }

  @Post('suspend')
  @NeedsSession('operator')
  async suspend(@Param('id', PATH_UUID) id: string, @Res() response: Response): Promise<void> {
    await this.lifecycle.suspend(id);
    response.redirect(303, `/devices/${id}?done=suspended`);
  }

  @Post('resume')
  @NeedsSession('operator')
  async resume(@Param('id', PATH_UUID) id: string, @Res() response: Response): Promise<void> {
    await this.lifecycle.resume(id);
    response.redirect(303, `/devices/${id}?done=resumed`);
  }

  @Post('attributes')
  @NeedsSession('operator')
  async change(
    @Param('id', PATH_UUID) id: string,
    @Req() request: SessionRequest,
    @Res() response: Response,
  ): Promise<void> {
    const fields = new FormFields(request.body);
    await this.lifecycle.change(id, {
      note: fields.text('note', 'The note', 500) ?? null,
      group: fields.text('group', 'The group', 100) ?? null,
      wildcard: fields.isChecked('wildcard'),
    });
    response.redirect(303, `/devices/${id}?done=saved`);
  }

  @Get('delete')
  @NeedsSession('operator')
  async confirmDeletion(
    @Param('id', PATH_UUID) id: string,
    @Req() request: SessionRequest,
    @Res() response: Response,
  ): Promise<void> {
    sendPage(response, deletionPage(request.session, await this.listing.show(id)));
  }

  @Post('delete')
  @NeedsSession('operator')
  async delete(
    @Param('id', PATH_UUID) id: string,
    @Req() request: SessionRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.removal.remove(id, { revoke: new FormFields(request.body).isChecked('revoke') });
    response.redirect(303, '/devices');
  }
}
