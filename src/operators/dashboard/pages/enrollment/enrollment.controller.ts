import { Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { ApiCertificate } from '../../../../api-tls/api-certificate.js';
import { EnrollmentKeys } from '../../../../devices/enrollment/enrollment-keys.js';
import { Clock } from '../../../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../../../platform/config/app-config.js';
import { FormFields } from '../../http/form-fields.js';
import { orRefusal } from '../../http/or-refusal.js';
import { sendPage } from '../../http/send-page.js';
import { uuidField } from '../../http/uuid-field.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { enrollmentPage, type EnrollmentView } from './enrollment.view.js';

const MOST_USES = 10_000_000;

/** Keys that devices enroll with. */
@ApiExcludeController()
@Controller('enrollment')
export class EnrollmentPageController {
  constructor(
    private readonly keys: EnrollmentKeys,
    private readonly apiCertificate: ApiCertificate,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  @Get()
  @NeedsSession('viewer')
  show(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const isRevoked = new FormFields(request.query).raw('done') === 'revoked';
    const notice = isRevoked ? 'The key is revoked. The devices that it enrolled stay.' : undefined;
    return this.answer(request, response, { notice });
  }

  @Post()
  @NeedsSession('operator')
  async make(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const fields = new FormFields(request.body);
    const made = await orRefusal(() => this.create(fields));
    if (made.refusal) await this.answer(request, response, { failed: { fields, error: made.refusal } }, made.status);
    else await this.answer(request, response, { madeKey: made.value.key });
  }

  @Post('revoke')
  @NeedsSession('operator')
  async revoke(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    await this.keys.revoke(uuidField(request.body, 'id'));
    response.redirect(303, '/enrollment?done=revoked');
  }

  private async create(fields: FormFields): Promise<{ readonly key: string }> {
    return this.keys.create({
      maxUses: fields.integer('maxUses', 'The number of devices', 1, MOST_USES),
      expiresAt: fields.endOfDay('expiresAt', 'The last day'),
      zone: fields.oneOf('zone', 'The zone', this.config.dns.zones),
      group: fields.text('group', 'The group', 100),
      note: fields.text('note', 'The note', 500),
    });
  }

  private async answer(
    { session }: SessionRequest,
    response: Response,
    parts: Pick<EnrollmentView, 'notice' | 'failed' | 'madeKey'>,
    status = 200,
  ): Promise<void> {
    const { dns, http } = this.config;
    const keys = await this.keys.list();
    const server = { serverUrl: http.publicUrl, pin: this.apiCertificate.pinForEnrollment };
    const page = { session, keys, zones: dns.zones, ...server, now: this.clock.now(), ...parts };
    sendPage(response, enrollmentPage(page), { status });
  }
}
