import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';

import { Problems } from '../../platform/http/problems.js';
import { NeedsRole } from '../auth/operator.guard.js';
import { DeviceListing } from '../devices/device-listing.js';
import { DEVICE_COLUMNS, ORDER_COLUMNS } from '../export/columns.js';
import { EXPORT_BATCH, Exports } from '../export/exports.js';
import { OrderListing } from '../orders/order-listing.js';
import { DeviceExportQuery, deviceFilter } from './devices.dto.js';
import { EVERY_STATUS, OrderExportQuery, orderFilter } from './orders.dto.js';

/** Whole lists of devices and orders. Registered before the calls of one of them, whose id would otherwise be `export`. */
@ApiTags('operators')
@NeedsRole('viewer')
@Controller('v1')
export class InventoryExportsController {
  constructor(
    private readonly exports: Exports,
    private readonly devices: DeviceListing,
    private readonly orders: OrderListing,
  ) {}

  @Get('devices/export')
  @ApiOperation({ summary: 'All devices that the filters match, as CSV or NDJSON' })
  @ApiProduces('text/csv', 'application/x-ndjson')
  @Problems('unavailable')
  async exportDevices(
    @Query() { format, sort, ...query }: DeviceExportQuery,
    @Res({ passthrough: false }) response: Response,
  ): Promise<void> {
    const filter = deviceFilter(query);
    await this.exports.send(response, {
      name: 'devices',
      format,
      columns: DEVICE_COLUMNS,
      page: (cursor) => this.devices.list({ ...filter, sort, cursor, limit: EXPORT_BATCH }),
    });
  }

  @Get('orders/export')
  @ApiOperation({ summary: 'All orders that the filters match, ended ones too, as CSV or NDJSON' })
  @ApiProduces('text/csv', 'application/x-ndjson')
  @Problems('unavailable')
  async exportOrders(
    @Query() { format, ...query }: OrderExportQuery,
    @Res({ passthrough: false }) response: Response,
  ): Promise<void> {
    const filter = { status: EVERY_STATUS, ...orderFilter(query) };
    await this.exports.send(response, {
      name: 'orders',
      format,
      columns: ORDER_COLUMNS,
      page: (cursor) => this.orders.list({ ...filter, cursor, limit: EXPORT_BATCH }),
    });
  }
}
