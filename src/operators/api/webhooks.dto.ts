import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';

import { EVENT_TYPES, type EventType } from '../../platform/events/event-type.js';
import { PageQuery } from '../../platform/http/page.js';
import { EVERY_EVENT } from '../webhooks/webhooks.js';

const SUBSCRIBABLE = [EVERY_EVENT, ...EVENT_TYPES] as const;
const STATES = ['pending', 'delivered', 'dead'] as const;

export class NewWebhookDto {
  @ApiProperty({ example: 'https://hooks.example.com/fleetcert' })
  @IsString()
  @MaxLength(2000)
  url: string;

  @ApiProperty({ enum: SUBSCRIBABLE, isArray: true, description: 'Types of events; * for all of them' })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(SUBSCRIBABLE.length)
  @IsIn(SUBSCRIBABLE, { each: true })
  events: (EventType | typeof EVERY_EVENT)[];

  @ApiPropertyOptional({ description: 'Send the chain (PEM) with certificate.issued', default: false })
  @IsOptional()
  @IsBoolean()
  includeChain?: boolean;
}

export class DeliveryQuery extends PageQuery {
  @ApiPropertyOptional({ enum: STATES })
  @IsOptional()
  @IsIn(STATES)
  state?: string;
}
