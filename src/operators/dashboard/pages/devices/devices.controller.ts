import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { Clock } from '../../../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../../../platform/config/app-config.js';
import { DeviceListing } from '../../../devices/device-listing.js';
import { DEVICE_COLUMNS } from '../../../export/columns.js';
import { EXPORT_FORMATS } from '../../../export/export-format.js';
import { EXPORT_BATCH, Exports } from '../../../export/exports.js';
import { FormFields } from '../../http/form-fields.js';
import { sendPage } from '../../http/send-page.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { deviceQuery } from './device-query.js';
import { devicesPage } from './devices.view.js';

const ROWS = 50;

/** The list of devices, on the screen and as a file. */
@ApiExcludeController()
@Controller('devices')
export class DevicesPageController {
  constructor(
    private readonly listing: DeviceListing,
    private readonly exports: Exports,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  @Get()
  @NeedsSession('viewer')
  async show(@Req() { session, query }: SessionRequest, @Res() response: Response): Promise<void> {
    const fields = new FormFields(query);
    const now = this.clock.now();
    const { words, filter, sort } = deviceQuery(fields, now);
    const cursor = fields.text('cursor', 'The cursor', 400);
    const page = await this.listing.list({ ...filter, sort, cursor, limit: ROWS });
    sendPage(response, devicesPage({ session, words, zones: this.config.dns.zones, page, cursor, now }));
  }

  @Get('export')
  @NeedsSession('viewer')
  async export(@Req() { query }: SessionRequest, @Res() response: Response): Promise<void> {
    const fields = new FormFields(query);
    const { filter, sort } = deviceQuery(fields, this.clock.now());
    await this.exports.send(response, {
      name: 'devices',
      format: fields.oneOf('format', 'The format', EXPORT_FORMATS) ?? 'csv',
      columns: DEVICE_COLUMNS,
      page: (cursor) => this.listing.list({ ...filter, sort, cursor, limit: EXPORT_BATCH }),
    });
  }
}
