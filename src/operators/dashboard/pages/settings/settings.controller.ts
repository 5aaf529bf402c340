import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { Clock } from '../../../../kernel/clock.js';
import { DomainError } from '../../../../kernel/errors.js';
import { ApiKeys } from '../../../auth/api-keys.js';
import { ROLES, roleSuffices } from '../../../domain/role.js';
import { FormFields } from '../../http/form-fields.js';
import { orRefusal } from '../../http/or-refusal.js';
import { sendPage } from '../../http/send-page.js';
import { uuidField } from '../../http/uuid-field.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { CaAccountReader } from './ca-account.js';
import { settingsPage, type SettingsView } from './settings.view.js';

/** The CA as it is configured, and who may sign in. */
@ApiExcludeController()
@Controller('settings')
export class SettingsPageController {
  constructor(
    private readonly ca: CaAccountReader,
    private readonly apiKeys: ApiKeys,
    private readonly clock: Clock,
  ) {}

  @Get()
  @NeedsSession('viewer')
  show(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const isRevoked = new FormFields(request.query).raw('done') === 'revoked';
    return this.answer(request, response, { notice: isRevoked ? 'The API key does not work any more.' : undefined });
  }

  @Post('api-keys')
  @NeedsSession('admin')
  async make(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const fields = new FormFields(request.body);
    const made = await orRefusal(() => this.create(fields));
    if (made.refusal) await this.answer(request, response, { failed: { fields, error: made.refusal } }, made.status);
    else await this.answer(request, response, { madeKey: made.value.key });
  }

  @Post('api-keys/revoke')
  @NeedsSession('admin')
  async revoke(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    await this.apiKeys.revoke(uuidField(request.body, 'id'));
    response.redirect(303, '/settings?done=revoked');
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

  private async answer(
    { session }: SessionRequest,
    response: Response,
    parts: Pick<SettingsView, 'notice' | 'failed' | 'madeKey'>,
    status = 200,
  ): Promise<void> {
    const isAdmin = roleSuffices(session.operator.role, 'admin');
    const [ca, apiKeys] = await Promise.all([this.ca.read(), isAdmin ? this.apiKeys.list() : undefined]);
    sendPage(response, settingsPage({ session, ca, apiKeys, now: this.clock.now(), ...parts }), { status });
  }
}
