import { Injectable } from '@nestjs/common';
import type { Response } from 'express';

import { Clock } from '../../../../kernel/clock.js';
import { ApiKeys } from '../../../auth/api-keys.js';
import { roleSuffices } from '../../../domain/role.js';
import { BucketLevels } from '../../../fleet/bucket-levels.js';
import { Webhooks } from '../../../webhooks/webhooks.js';
import { sendPage } from '../../http/send-page.js';
import type { SessionRequest } from '../../session/session.guard.js';
import { Sessions } from '../../session/sessions.js';
import { CaSettingsReader } from './ca-settings.js';
import { settingsPage, type SettingsView } from './settings.view.js';

export type SettingsParts = Pick<SettingsView, 'notice' | 'failed' | 'made'>;

/** Answers with the page of the settings, as far as its reader may see them. */
@Injectable()
export class SettingsAnswer {
  constructor(
    private readonly ca: CaSettingsReader,
    private readonly buckets: BucketLevels,
    private readonly apiKeys: ApiKeys,
    private readonly webhooks: Webhooks,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
  ) {}

  async send({ session }: SessionRequest, response: Response, parts: SettingsParts, status = 200): Promise<void> {
    const isAdmin = roleSuffices(session.operator.role, 'admin');
    const [ca, buckets, apiKeys, webhooks, sessions] = await Promise.all([
      this.ca.read(),
      this.buckets.read(),
      isAdmin ? this.apiKeys.list() : undefined,
      isAdmin ? this.webhooks.list() : undefined,
      this.sessions.list(session),
    ]);
    const now = this.clock.now();
    sendPage(response, settingsPage({ session, ca, buckets, apiKeys, webhooks, sessions, now, ...parts }), { status });
  }
}
