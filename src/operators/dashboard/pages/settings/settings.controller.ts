import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { CaList } from '../../../../issuer/accounts/ca-list.js';
import { CaWatch } from '../../../../issuer/accounts/ca-watch.js';
import { QueueSignal } from '../../../../issuer/worker/queue-signal.js';
import { Clock } from '../../../../kernel/clock.js';
import { DomainError } from '../../../../kernel/errors.js';
import { ApiKeys } from '../../../auth/api-keys.js';
import { ROLES } from '../../../domain/role.js';
import { BucketLevels } from '../../../fleet/bucket-levels.js';
import { FormFields } from '../../http/form-fields.js';
import { orRefusal } from '../../http/or-refusal.js';
import { uuidField } from '../../http/uuid-field.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { Sessions } from '../../session/sessions.js';
import { bucketOf } from './limits.view.js';
import { SettingsAnswer } from './settings-answer.js';

const NOTICES: Readonly<Record<string, string>> = {
  revoked: 'The API key does not work any more.',
  'limit-set': 'The limit is set. The queue goes by it from now on.',
  resumed: 'What the CA had paused is tried again.',
  'sessions-ended': 'Every other session is ended.',
  'webhook-deleted': 'The webhook is told of nothing more.',
};

const MOST_LEFT = 1_000_000_000;

/** The CA as it is configured, its limits, who may sign in, and who is told of events. */
@ApiExcludeController()
@Controller('settings')
export class SettingsPageController {
  constructor(
    private readonly page: SettingsAnswer,
    private readonly apiKeys: ApiKeys,
    private readonly levels: BucketLevels,
    private readonly list: CaList,
    private readonly watch: CaWatch,
    private readonly signal: QueueSignal,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
  ) {}

  @Get()
  @NeedsSession('viewer')
  show(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    return this.page.send(request, response, { notice: NOTICES[new FormFields(request.query).raw('done')] });
  }

  @Post('api-keys')
  @NeedsSession('admin')
  async make(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const fields = new FormFields(request.body);
    const made = await orRefusal(() => this.create(fields));
    if (made.refusal) {
      const failed = { form: 'api-key', fields, error: made.refusal } as const;
      await this.page.send(request, response, { failed }, made.status);
    } else await this.page.send(request, response, { made: { kind: 'api-key', secret: made.value.key } });
  }

  @Post('api-keys/revoke')
  @NeedsSession('admin')
  async revoke(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    await this.apiKeys.revoke(uuidField(request.body, 'id'));
    response.redirect(303, '/settings?done=revoked');
  }

  @Post('limits')
  @NeedsSession('admin')
  async setLimit(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const fields = new FormFields(request.body);
    const set = await orRefusal(async () => {
      const remaining = fields.integer('remaining', 'What is left', 0, MOST_LEFT);
      if (remaining === undefined) throw new DomainError('invalid_request', 'What is left has to be filled in.');
      const { limit, subject, ca } = bucketOf(fields.required('bucket', 'The limit', 900));
      await this.levels.prime(limit, subject, remaining, ca);
    });
    if (set.refusal) {
      const failed = { form: 'limit', fields, error: set.refusal } as const;
      await this.page.send(request, response, { failed }, set.status);
    } else response.redirect(303, '/settings?done=limit-set');
  }

  @Post('cas/resume')
  @NeedsSession('admin')
  async resume(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const ca = this.list.of(new FormFields(request.body).raw('ca'));
    if (!ca) throw new DomainError('not_found', 'There is no such CA.');
    await this.watch.resume(ca.directoryUrl);
    this.signal.wake();
    response.redirect(303, '/settings?done=resumed');
  }

  @Post('sessions/end-others')
  @NeedsSession('viewer')
  async endOtherSessions(@Req() { session }: SessionRequest, @Res() response: Response): Promise<void> {
    await this.sessions.endOthers(session);
    response.redirect(303, '/settings?done=sessions-ended');
  }

  private async create(fields: FormFields): Promise<{ readonly key: string }> {
    const role = fields.oneOf('role', 'The role', ROLES);
    if (!role) throw new DomainError('invalid_request', 'Choose a role for the key.');
    const expiresAt = fields.endOfDay('expiresAt', 'The last day');
    if (expiresAt && expiresAt <= this.clock.now()) {
      throw new DomainError('invalid_request', 'The last day has to be in the future.');
    }
    return this.apiKeys.create(role, fields.text('note', 'The note', 500), expiresAt);
  }
}
