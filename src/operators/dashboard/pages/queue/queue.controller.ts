import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { OrderRetry } from '../../../../issuer/orders/order-retry.js';
import { Clock } from '../../../../kernel/clock.js';
import type { DomainError } from '../../../../kernel/errors.js';
import { ORDER_COLUMNS } from '../../../export/columns.js';
import { EXPORT_FORMATS } from '../../../export/export-format.js';
import { EXPORT_BATCH, Exports } from '../../../export/exports.js';
import { FleetSummaries } from '../../../fleet/fleet-summary.js';
import { OrderListing } from '../../../orders/order-listing.js';
import { FormFields } from '../../http/form-fields.js';
import { orRefusal } from '../../http/or-refusal.js';
import { sendPage } from '../../http/send-page.js';
import { uuidField } from '../../http/uuid-field.js';
import { PageVersions } from '../../live/page-versions.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { type QueueFilter, queueLink } from './queue-link.js';
import { queuePage } from './queue.view.js';
import { QUEUE_STATUSES, type QueueStatus, WaitingOrders } from './waiting-orders.js';

const ROWS = 50;

/** What waits for a certificate, and why. */
@ApiExcludeController()
@Controller('queue')
export class QueuePageController {
  constructor(
    private readonly waiting: WaitingOrders,
    private readonly listing: OrderListing,
    private readonly exports: Exports,
    private readonly summaries: FleetSummaries,
    private readonly retries: OrderRetry,
    private readonly versions: PageVersions,
    private readonly clock: Clock,
  ) {}

  @Get()
  @NeedsSession('viewer')
  show(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    return this.answer(new FormFields(request.query), request, response);
  }

  @Get('export')
  @NeedsSession('viewer')
  async export(@Req() { query }: SessionRequest, @Res() response: Response): Promise<void> {
    const fields = new FormFields(query);
    const { status, group } = filterOf(fields);
    const filter = { group, ...(status !== undefined && { status: [status] }) };
    await this.exports.send(response, {
      name: 'orders',
      format: fields.oneOf('format', 'The format', EXPORT_FORMATS) ?? 'csv',
      columns: ORDER_COLUMNS,
      page: (cursor) => this.listing.list({ ...filter, cursor, limit: EXPORT_BATCH }),
    });
  }

  @Post('retry')
  @NeedsSession('operator')
  async retry(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const fields = new FormFields(request.body);
    const result = await orRefusal(() => this.retries.retry(uuidField(request.body, 'id')));
    if (result.refusal) await this.answer(fields, request, response, result.refusal, result.status);
    else response.redirect(303, queueLink({ ...filterOf(fields), done: 'retried' }));
  }

  private async answer(
    fields: FormFields,
    { session }: SessionRequest,
    response: Response,
    error?: DomainError,
    status = 200,
  ): Promise<void> {
    const filter = filterOf(fields);
    const cursor = fields.text('cursor', 'The cursor', 400);
    const now = this.clock.now();
    const version = await this.versions.of('queue');
    const [page, { queue }] = await Promise.all([this.waiting.list(filter, ROWS, cursor, now), this.summaries.read()]);
    const isRetried = fields.raw('done') === 'retried';
    const notice = isRetried ? 'The order is due now.' : undefined;
    sendPage(response, queuePage({ session, filter, page, queue, cursor, version, notice, error, now }), { status });
  }
}

function filterOf(fields: FormFields): QueueFilter & { readonly status?: QueueStatus } {
  return {
    status: fields.oneOf('status', 'The status', QUEUE_STATUSES),
    reason: fields.text('reason', 'The reason', 1_000),
    group: fields.text('group', 'The group', 100),
  };
}
