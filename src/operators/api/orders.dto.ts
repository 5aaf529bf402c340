import { ApiPropertyOptional, IntersectionType, OmitType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMinSize, IsIn, IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';

import type { OrderStatus } from '../../issuer/domain/order.js';
import { IsTime, timeOf } from '../../platform/http/iso-time.js';
import { PageQuery } from '../../platform/http/page.js';
import type { OrderFilter } from '../orders/order-listing.js';
import { ExportFormatQuery } from './export-format.dto.js';
import { queryList } from './query-list.js';

const STATUSES = ['queued', 'issuing', 'deferred', 'issued', 'failed'] as const satisfies readonly OrderStatus[];

/** Which orders. */
export class OrderQueryDto extends PageQuery {
  @ApiPropertyOptional({
    enum: STATUSES,
    isArray: true,
    description: 'One or several, separated by commas. Default: queued, issuing and deferred ones',
  })
  @IsOptional()
  @Transform(queryList)
  @ArrayMinSize(1)
  @IsIn(STATUSES, { each: true })
  status?: OrderStatus[];

  @ApiPropertyOptional({ description: 'A reasonCode, such as `limit` or `validation_failed`' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  reason?: string;

  @ApiPropertyOptional({ description: "A device's id" })
  @IsOptional()
  @IsUUID()
  device?: string;

  @ApiPropertyOptional({ description: "The group of the orders' devices" })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  group?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Orders from this time on' })
  @IsOptional()
  @IsTime()
  since?: string;
}

/** Which orders an export holds; without a status all of them. */
export class OrderExportQuery extends IntersectionType(
  OmitType(OrderQueryDto, ['limit', 'cursor'] as const),
  ExportFormatQuery,
) {}

/** The filter with times as times. */
export function orderFilter(query: Omit<OrderQueryDto, 'limit' | 'cursor'>): OrderFilter {
  const { status, reason, device, group, since } = query;
  return { reason, device, group, ...(status && { status: [...new Set(status)] }), since: timeOf(since) };
}

/** Every status that an order can have. */
export const EVERY_STATUS: readonly OrderStatus[] = STATUSES;
