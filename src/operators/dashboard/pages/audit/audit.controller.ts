import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { Clock } from '../../../../kernel/clock.js';
import { AuditLog } from '../../../audit/audit-log.js';
import { ApiKeys } from '../../../auth/api-keys.js';
import { AUDIT_COLUMNS } from '../../../export/columns.js';
import { EXPORT_FORMATS } from '../../../export/export-format.js';
import { EXPORT_BATCH, Exports } from '../../../export/exports.js';
import { FormFields } from '../../http/form-fields.js';
import { sendPage } from '../../http/send-page.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { auditPage } from './audit.view.js';

const ROWS = 50;

/** Who did what, for administrators. */
@ApiExcludeController()
@Controller('audit')
export class AuditPageController {
  constructor(
    private readonly log: AuditLog,
    private readonly apiKeys: ApiKeys,
    private readonly exports: Exports,
    private readonly clock: Clock,
  ) {}

  @Get()
  @NeedsSession('admin')
  async show(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const fields = new FormFields(request.query);
    const operator = fields.text('operator', 'The operator', 64);
    const cursor = fields.text('cursor', 'The cursor', 400);
    const [page, keys] = await Promise.all([this.log.list({ operator }, { limit: ROWS, cursor }), this.apiKeys.list()]);
    const now = this.clock.now();
    sendPage(response, auditPage({ session: request.session, operator, keys, page, cursor, now }));
  }

  @Get('export')
  @NeedsSession('admin')
  async export(@Req() { query }: SessionRequest, @Res() response: Response): Promise<void> {
    const fields = new FormFields(query);
    const operator = fields.text('operator', 'The operator', 64);
    await this.exports.send(response, {
      name: 'audit',
      format: fields.oneOf('format', 'The format', EXPORT_FORMATS) ?? 'csv',
      columns: AUDIT_COLUMNS,
      page: (cursor) => this.log.list({ operator }, { limit: EXPORT_BATCH, cursor }),
    });
  }
}
