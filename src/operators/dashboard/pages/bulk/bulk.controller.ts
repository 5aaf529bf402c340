import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { Clock } from '../../../../kernel/clock.js';
import { DomainError } from '../../../../kernel/errors.js';
import { PATH_UUID } from '../../../../platform/http/path-uuid.js';
import { BULK_ACTIONS, type BulkAction, type BulkParameters } from '../../../bulk/bulk-action.js';
import { BULK_OUTCOMES } from '../../../bulk/bulk-job.js';
import { BulkJobs } from '../../../bulk/bulk-jobs.js';
import { FormFields } from '../../http/form-fields.js';
import { orRefusal } from '../../http/or-refusal.js';
import { sendPage } from '../../http/send-page.js';
import { PageVersions } from '../../live/page-versions.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { deviceQuery } from '../devices/device-query.js';
import { REVOCATION_CHOICES } from '../devices/revocation.view.js';
import { bulkJobPage } from './bulk-job.view.js';
import { bulkPage, type BulkView } from './bulk.view.js';

const ITEMS = 100;
const EARLIER = 10;
const MOST_DEVICES = 100_000_000;

/** Actions on all devices that a filter matches. Comes before the pages of one device, whose id would otherwise be `bulk`. */
@ApiExcludeController()
@Controller('devices/bulk')
export class BulkPageController {
  constructor(
    private readonly jobs: BulkJobs,
    private readonly versions: PageVersions,
    private readonly clock: Clock,
  ) {}

  /** The dry run: which devices, and what can be done to them. */
  @Get()
  @NeedsSession('operator')
  show(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    return this.answer(new FormFields(request.query), request, response);
  }

  @Post()
  @NeedsSession('operator')
  async start(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const fields = new FormFields(request.body);
    const { operator } = request.session;
    const started = await orRefusal(() => {
      const { action, parameters } = wanted(fields);
      const expectedCount = fields.integer('count', 'The number of devices', 0, MOST_DEVICES);
      if (expectedCount === undefined) {
        throw new DomainError(
          'invalid_request',
          'Type how many devices these are: then it is certain that you mean them.',
        );
      }
      return this.jobs.start({
        action,
        parameters,
        filter: deviceQuery(fields, this.clock.now()).filter,
        expectedCount,
        by: {
          operatorId: operator.id,
          role: operator.role,
          clientAddress: request.ip ?? null,
          requestId: typeof request.id === 'string' ? request.id : null,
        },
      });
    });
    if (started.refusal) {
      await this.answer(fields, request, response, { entered: fields, error: started.refusal }, started.status);
    } else response.redirect(303, `/devices/bulk/${started.value.id}`);
  }

  @Get(':id')
  @NeedsSession('viewer')
  async showJob(
    @Param('id', PATH_UUID) id: string,
    @Req() { session, query }: SessionRequest,
    @Res() response: Response,
  ): Promise<void> {
    const fields = new FormFields(query);
    const outcome = fields.oneOf('outcome', 'The outcome', BULK_OUTCOMES);
    const cursor = fields.text('cursor', 'The cursor', 400);
    const version = await this.versions.of(`bulk:${id}`);
    const [job, items] = await Promise.all([
      this.jobs.show(id),
      this.jobs.items(id, { limit: ITEMS, cursor, outcome }),
    ]);
    const notice = fields.raw('done') === 'cancelled' ? 'Devices that were still to come stay as they are.' : undefined;
    sendPage(response, bulkJobPage({ session, job, items, outcome, cursor, version, notice, now: this.clock.now() }));
  }

  @Post(':id/cancel')
  @NeedsSession('operator')
  async cancel(@Param('id', PATH_UUID) id: string, @Res() response: Response): Promise<void> {
    await this.jobs.cancel(id);
    response.redirect(303, `/devices/bulk/${id}?done=cancelled`);
  }

  private async answer(
    fields: FormFields,
    { session }: SessionRequest,
    response: Response,
    parts: Pick<BulkView, 'entered' | 'error'> = {},
    status = 200,
  ): Promise<void> {
    const now = this.clock.now();
    const { words, filter } = deviceQuery(fields, now);
    const [preview, earlier] = await Promise.all([
      this.jobs.preview('suspend', filter),
      this.jobs.list({ limit: EARLIER }),
    ]);
    const view = { session, words, preview, earlier: earlier.items, now, ...parts };
    sendPage(response, bulkPage(view), { status });
  }
}

/** @throws DomainError `invalid_request` */
function wanted(fields: FormFields): { readonly action: BulkAction; readonly parameters: BulkParameters } {
  const action = fields.oneOf('action', 'The action', BULK_ACTIONS);
  if (!action) throw new DomainError('invalid_request', 'Choose what is to be done.');
  switch (action) {
    case 'set-group':
      return { action, parameters: { group: fields.text('newGroup', 'The new group', 100) ?? null } };
    case 'delete':
      return { action, parameters: { revoke: fields.isChecked('revoke') } };
    case 'revoke':
      return {
        action,
        parameters: { reason: fields.oneOf('reason', 'The reason', REVOCATION_CHOICES) ?? 'unspecified' },
      };
    default:
      return { action, parameters: {} };
  }
}
