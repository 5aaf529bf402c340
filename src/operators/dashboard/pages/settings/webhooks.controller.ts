import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { Clock } from '../../../../kernel/clock.js';
import { DomainError } from '../../../../kernel/errors.js';
import { EVENT_TYPES } from '../../../../platform/events/event-type.js';
import { PATH_UUID } from '../../../../platform/http/path-uuid.js';
import { Webhooks } from '../../../webhooks/webhooks.js';
import { FormFields } from '../../http/form-fields.js';
import { orRefusal } from '../../http/or-refusal.js';
import { sendPage } from '../../http/send-page.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { DELIVERY_STATES, webhookPage } from './webhook.view.js';
import { eventsOf, SCOPES } from './webhooks.view.js';
import { SettingsAnswer } from './settings-answer.js';

const ROWS = 50;

/** Who is told of events. For administrators alone: the URL of a webhook is often a credential itself. */
@ApiExcludeController()
@Controller('settings/webhooks')
export class WebhookPageController {
  constructor(
    private readonly page: SettingsAnswer,
    private readonly webhooks: Webhooks,
    private readonly clock: Clock,
  ) {}

  @Post()
  @NeedsSession('admin')
  async make(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const fields = new FormFields(request.body);
    const made = await orRefusal(() => this.create(fields));
    if (made.refusal) {
      const failed = { form: 'webhook', fields, error: made.refusal } as const;
      await this.page.send(request, response, { failed }, made.status);
    } else await this.page.send(request, response, { made: { kind: 'webhook', secret: made.value.secret } });
  }

  @Get(':id')
  @NeedsSession('admin')
  async show(
    @Param('id', PATH_UUID) id: string,
    @Req() { session, query }: SessionRequest,
    @Res() response: Response,
  ): Promise<void> {
    const fields = new FormFields(query);
    const state = fields.oneOf('state', 'The state', DELIVERY_STATES);
    const cursor = fields.text('cursor', 'The cursor', 400);
    const deliveries = await this.webhooks.deliveries(id, { limit: ROWS, cursor, state });
    const webhook = (await this.webhooks.list()).find((one) => one.id === id);
    if (!webhook) throw new DomainError('not_found', 'There is no such webhook.');
    const notice = NOTICES[fields.raw('done')];
    sendPage(response, webhookPage({ session, webhook, deliveries, state, cursor, notice, now: this.clock.now() }));
  }

  @Post(':id/retry')
  @NeedsSession('admin')
  async retry(@Param('id', PATH_UUID) id: string, @Res() response: Response): Promise<void> {
    await this.webhooks.retry(id);
    response.redirect(303, `/settings/webhooks/${id}?done=retried`);
  }

  @Post(':id/delete')
  @NeedsSession('admin')
  async delete(@Param('id', PATH_UUID) id: string, @Res() response: Response): Promise<void> {
    await this.webhooks.delete(id);
    response.redirect(303, '/settings?done=webhook-deleted');
  }

  private async create(fields: FormFields): Promise<{ readonly secret: string }> {
    const scope = fields.oneOf('scope', 'Which events', SCOPES) ?? 'alarms';
    const chosen = EVENT_TYPES.filter((type) => fields.all('events').includes(type));
    if (scope === 'chosen' && chosen.length === 0) {
      throw new DomainError('invalid_request', 'Choose at least one kind of event.');
    }
    return this.webhooks.create({
      url: fields.required('url', 'The address', 2_000),
      events: eventsOf(scope, chosen),
      includeChain: fields.isChecked('includeChain'),
    });
  }
}

const NOTICES: Readonly<Record<string, string>> = {
  retried: 'What was given up is tried again from now on.',
};
