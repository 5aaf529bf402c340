import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { PATH_UUID } from '../../platform/http/path-uuid.js';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { pageByKey, PageQuery, type Page } from '../../platform/http/page.js';
import { Problems } from '../../platform/http/problems.js';
import { NeedsRole } from '../auth/operator.guard.js';
import { type ListedDelivery, type ListedWebhook, Webhooks } from '../webhooks/webhooks.js';
import { DeliveryQuery, NewWebhookDto } from './webhooks.dto.js';

/** For administrators alone: the URL of a webhook is often a credential itself. */
@ApiTags('operators')
@NeedsRole('admin')
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(private readonly webhooks: Webhooks) {}

  @Get()
  @ApiOperation({ summary: 'Webhooks, without their secrets' })
  async list(@Query() query: PageQuery): Promise<Page<ListedWebhook>> {
    const known = await this.webhooks.list();
    return pageByKey(known, query, ({ createdAt, id }) => [createdAt.toISOString(), id]);
  }

  @Post()
  @ApiOperation({ summary: 'Have events sent to a URL; the secret that signs them is shown this once' })
  @Problems('conflict')
  create(@Body() body: NewWebhookDto): Promise<{ id: string; secret: string }> {
    return this.webhooks.create(body);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'End a webhook' })
  @Problems('not_found')
  delete(@Param('id', PATH_UUID) id: string): Promise<void> {
    return this.webhooks.delete(id);
  }

  @Get(':id/deliveries')
  @ApiOperation({ summary: 'What was sent, what waits, and what was given up, newest first' })
  @Problems('not_found')
  deliveries(@Param('id', PATH_UUID) id: string, @Query() query: DeliveryQuery): Promise<Page<ListedDelivery>> {
    return this.webhooks.deliveries(id, query);
  }

  @Post(':id/retry')
  @HttpCode(200)
  @ApiOperation({ summary: 'Try once more what was given up' })
  @Problems('not_found')
  async retry(@Param('id', PATH_UUID) id: string): Promise<{ retried: number }> {
    return { retried: await this.webhooks.retry(id) };
  }
}
