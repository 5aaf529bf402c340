import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { PATH_UUID } from '../../platform/http/path-uuid.js';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { OrderRetry } from '../../issuer/orders/order-retry.js';
import type { Page } from '../../platform/http/page.js';
import { Problems } from '../../platform/http/problems.js';
import { NeedsRole } from '../auth/operator.guard.js';
import { OrderListing, type OrderItem } from '../orders/order-listing.js';
import { orderFilter, OrderQueryDto } from './orders.dto.js';

@ApiTags('operators')
@Controller('v1/orders')
export class OrdersController {
  constructor(
    private readonly listing: OrderListing,
    private readonly retries: OrderRetry,
  ) {}

  @Get()
  @NeedsRole('viewer')
  @ApiOperation({ summary: 'The queue and its reasons, oldest first' })
  list(@Query() query: OrderQueryDto): Promise<Page<OrderItem>> {
    return this.listing.list({ ...orderFilter(query), limit: query.limit, cursor: query.cursor });
  }

  @Get(':id')
  @NeedsRole('viewer')
  @ApiOperation({ summary: 'One order' })
  @Problems('not_found')
  show(@Param('id', PATH_UUID) id: string): Promise<OrderItem> {
    return this.listing.show(id);
  }

  @Post(':id/retry')
  @HttpCode(202)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Try an order again now: one that waits, or one that failed' })
  @Problems('not_found', 'order_not_retryable')
  async retry(@Param('id', PATH_UUID) id: string): Promise<OrderItem> {
    await this.retries.retry(id);
    return this.listing.show(id);
  }
}
