import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import { PATH_UUID } from '../../../../platform/http/path-uuid.js';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { DeviceLifecycle } from '../../../../devices/device-lifecycle.js';
import { OrderRetry } from '../../../../issuer/orders/order-retry.js';
import { Revocations } from '../../../../issuer/revocation/revocations.js';
import { Clock } from '../../../../kernel/clock.js';
import { DomainError } from '../../../../kernel/errors.js';
import { DeviceListing } from '../../../devices/device-listing.js';
import { DeviceRemoval } from '../../../devices/device-removal.js';
import { EventListing } from '../../../events/event-listing.js';
import { FormFields } from '../../http/form-fields.js';
import { orRefusal } from '../../http/or-refusal.js';
import { sendPage } from '../../http/send-page.js';
import { PageVersions } from '../../live/page-versions.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { AddressHistory } from './address-history.js';
import { deletionPage } from './deletion.view.js';
import { DeviceCertificatesReader } from './device-certificates.js';
import { DeviceOrders } from './device-orders.js';
import { devicePage, type DeviceView } from './device.view.js';
import { DnsAnswers } from './dns-answers.js';
import { REVOCATION_CHOICES, revocationPage } from './revocation.view.js';

/** What was done, by the word in the address after the redirect. */
const NOTICES: Readonly<Record<string, string>> = {
  suspended: 'The device is suspended: it changes nothing and gets nothing new until it is resumed.',
  resumed: 'The device is active again.',
  retried: 'The order is due now. It stands in the line with the share of the limits that is kept for this.',
  revoked: 'The certificate is revoked here. The CA is told until it confirms.',
  saved: 'Saved. The DNS answers accordingly from now on.',
};

const EVENTS = 8;

/** One device: what is known of it, and what can be done to it. */
@ApiExcludeController()
@Controller('devices/:id')
export class DevicePageController {
  constructor(
    private readonly listing: DeviceListing,
    private readonly certificates: DeviceCertificatesReader,
    private readonly orders: DeviceOrders,
    private readonly addresses: AddressHistory,
    private readonly events: EventListing,
    private readonly versions: PageVersions,
    private readonly dns: DnsAnswers,
    private readonly lifecycle: DeviceLifecycle,
    private readonly removal: DeviceRemoval,
    private readonly revocations: Revocations,
    private readonly retries: OrderRetry,
    private readonly clock: Clock,
  ) {}

  @Get()
  @NeedsSession('viewer')
  show(@Param('id', PATH_UUID) id: string, @Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    return this.answer(id, request, response, { notice: NOTICES[new FormFields(request.query).raw('done')] });
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
    const result = await orRefusal(async () =>
      this.lifecycle.change(id, {
        note: fields.text('note', 'The note', 500) ?? null,
        group: fields.text('group', 'The group', 100) ?? null,
        wildcard: fields.isChecked('wildcard'),
        aliases: (fields.text('aliases', 'The list of further names', 3_000) ?? '')
          .split(/[\s,]+/)
          .filter((text) => text !== ''),
      }),
    );
    if (result.refusal)
      await this.answer(id, request, response, { error: result.refusal, entered: fields }, result.status);
    else response.redirect(303, `/devices/${id}?done=saved`);
  }

  @Post('orders/:order/retry')
  @NeedsSession('operator')
  async retry(
    @Param('id', PATH_UUID) id: string,
    @Param('order', PATH_UUID) order: string,
    @Req() request: SessionRequest,
    @Res() response: Response,
  ): Promise<void> {
    if (!(await this.orders.has(id, order))) throw new DomainError('not_found', 'The device has no such order.');
    const result = await orRefusal(() => this.retries.retry(order));
    if (result.refusal) await this.answer(id, request, response, { error: result.refusal }, result.status);
    else response.redirect(303, `/devices/${id}?done=retried`);
  }

  @Get('revoke')
  @NeedsSession('operator')
  async askForReason(
    @Param('id', PATH_UUID) id: string,
    @Req() request: SessionRequest,
    @Res() response: Response,
  ): Promise<void> {
    sendPage(response, revocationPage(request.session, await this.listing.show(id)));
  }

  @Post('revoke')
  @NeedsSession('operator')
  async revoke(
    @Param('id', PATH_UUID) id: string,
    @Req() request: SessionRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.listing.show(id);
    const result = await orRefusal(async () => {
      const reason = new FormFields(request.body).oneOf('reason', 'The reason', REVOCATION_CHOICES);
      if (!reason) throw new DomainError('invalid_request', 'Choose a reason for the revocation.');
      await this.revocations.revokeNewest(id, reason);
    });
    if (result.refusal) await this.answer(id, request, response, { error: result.refusal }, result.status);
    else response.redirect(303, `/devices/${id}?done=revoked`);
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

  private async answer(
    id: string,
    { session }: SessionRequest,
    response: Response,
    parts: Pick<DeviceView, 'notice' | 'error' | 'entered'>,
    status = 200,
  ): Promise<void> {
    const version = await this.versions.of(`device:${id}`);
    const [device, certificates, orders, former, { items: events }] = await Promise.all([
      this.listing.show(id),
      this.certificates.read(id),
      this.orders.newest(id),
      this.addresses.of(id),
      this.events.list({ device: id }, { limit: EVENTS }),
    ]);
    const answers = this.dns.ofDevice(device);
    const now = this.clock.now();
    const view = { session, device, certificates, orders, former, events, answers, version, now, ...parts };
    sendPage(response, devicePage(view), { status });
  }
}
