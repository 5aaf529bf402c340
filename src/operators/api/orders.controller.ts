import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { PATH_UUID } from '../../platform/http/path-uuid.js';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';

import type { OrderStatus } from '../../issuer/domain/order.js';
import { OrderRetry } from '../../issuer/orders/order-retry.js';
import { PageQuery, type Page } from '../../platform/http/page.js';
import { Problems } from '../../platform/http/problems.js';
import { NeedsRole } from '../auth/operator.guard.js';
import { OrderListing, type OrderItem } from '../orders/order-listing.js';

const STATUSES = ['queued', 'issuing', 'deferred', 'issued', 'failed'] as const satisfies readonly OrderStatus[];

class OrderQuery extends PageQuery {
  @ApiPropertyOptional({ enum: STATUSES, description: 'Default: queued, issuing and deferred ones' })
  @IsOptional()
  @IsIn(STATUSES)
  status?: OrderStatus;

  @ApiPropertyOptional({ description: 'A reasonCode, such as `limit` or `validation_failed`' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  reason?: string;
}

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
  list(@Query() { status, ...query }: OrderQuery): Promise<Page<OrderItem>> {
    return this.listing.list({ ...query, ...(status && { status: [status] }) });
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
