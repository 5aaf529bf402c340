import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { FixedRecordService } from '../../../../ddns/publishing/fixed-records.js';
import { Secondaries } from '../../../../ddns/transfer/secondaries.js';
import { type CreatedTsigKey, TsigKeys } from '../../../../ddns/transfer/tsig-keys.js';
import { normalizeName } from '../../../../kernel/domain-name.js';
import { orRefusal } from '../../http/or-refusal.js';
import { FormFields } from '../../http/form-fields.js';
import { sendPage } from '../../http/send-page.js';
import { NeedsSession, type SessionRequest } from '../../session/session.guard.js';
import { ZoneDetailsReader } from './zone-details.js';
import { ZoneExaminations } from './zone-examination.js';
import { zonePage, type ZoneView } from './zone.view.js';

const NOTICES: Readonly<Record<string, string>> = {
  'records-saved': 'The records are saved, and the DNS answers with them.',
  'records-deleted': 'The records are deleted, and the DNS does not answer with them any more.',
  'secondary-added': 'The secondary may transfer the zone now.',
  'secondary-removed': 'The secondary may not transfer the zone any more.',
  'key-deleted': 'The transfer key does not work any more.',
};

const LONGEST_NAME = 255;
const LONGEST_VALUE = 4_096;
const MOST_VALUES = 100;

/** One zone: its records, and who transfers it. Roles are those of the API. */
@ApiExcludeController()
@Controller('zones/:zone')
export class ZonePageController {
  constructor(
    private readonly details: ZoneDetailsReader,
    private readonly records: FixedRecordService,
    private readonly secondaries: Secondaries,
    private readonly tsigKeys: TsigKeys,
    private readonly examinations: ZoneExaminations,
  ) {}

  @Get()
  @NeedsSession('viewer')
  show(@Param('zone') zone: string, @Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const notice = NOTICES[new FormFields(request.query).raw('done')];
    return this.answer(zone, request, response, { notice });
  }

  @Post('check')
  @NeedsSession('operator')
  async check(@Param('zone') zone: string, @Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    const { zone: known } = await this.details.read(normalizeName(zone));
    const examined = await this.examinations.examine(known.zone);
    await this.answer(zone, request, response, { examined });
  }

  @Post('records')
  @NeedsSession('operator')
  async putRecords(
    @Param('zone') zone: string,
    @Req() request: SessionRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.submit('record', 'records-saved', zone, request, response, (fields) =>
      this.records.put(normalizeName(zone), {
        name: fields.required('name', 'The name', LONGEST_NAME),
        type: fields.required('type', 'The type', 20),
        ttl: fields.integer('ttl', 'The TTL', 0, 2_147_483_647) ?? 3_600,
        values: valuesOf(fields),
      }),
    );
  }

  @Post('records/delete')
  @NeedsSession('operator')
  async deleteRecords(
    @Param('zone') zone: string,
    @Req() request: SessionRequest,
    @Res() response: Response,
  ): Promise<void> {
    const fields = new FormFields(request.body);
    await this.records.delete(normalizeName(zone), { name: fields.raw('name'), type: fields.raw('type') });
    this.done(zone, 'records-deleted', response);
  }

  @Post('secondaries')
  @NeedsSession('admin')
  async addSecondary(
    @Param('zone') zone: string,
    @Req() request: SessionRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.submit('secondary', 'secondary-added', zone, request, response, (fields) =>
      this.secondaries.create({
        zone: normalizeName(zone),
        address: fields.required('address', 'The address', 64),
        port: fields.integer('port', 'The port', 1, 65_535) ?? 53,
        tsigKey: fields.text('tsigKey', 'The transfer key', LONGEST_NAME),
      }),
    );
  }

  @Post('secondaries/delete')
  @NeedsSession('admin')
  async removeSecondary(
    @Param('zone') zone: string,
    @Req() request: SessionRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.secondaries.delete(normalizeName(zone), new FormFields(request.body).raw('id'));
    this.done(zone, 'secondary-removed', response);
  }

  @Post('tsig-keys')
  @NeedsSession('admin')
  async makeTsigKey(
    @Param('zone') zone: string,
    @Req() request: SessionRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.submit('tsig-key', undefined, zone, request, response, (fields) =>
      this.tsigKeys.createForTransfer({
        zone: normalizeName(zone),
        name: fields.required('name', 'The name', LONGEST_NAME),
        algorithm: fields.required('algorithm', 'The algorithm', 40),
      }),
    );
  }

  @Post('tsig-keys/delete')
  @NeedsSession('admin')
  async deleteTsigKey(
    @Param('zone') zone: string,
    @Req() request: SessionRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.tsigKeys.delete(normalizeName(zone), new FormFields(request.body).raw('name'));
    this.done(zone, 'key-deleted', response);
  }

  /** Does it and goes back to the page with a notice; without one, shows the page with what was made. A refusal shows the form again. */
  private async submit(
    form: NonNullable<ZoneView['failed']>['form'],
    notice: string | undefined,
    zone: string,
    request: SessionRequest,
    response: Response,
    act: (fields: FormFields) => Promise<unknown>,
  ): Promise<void> {
    const fields = new FormFields(request.body);
    const result = await orRefusal(() => act(fields));
    if (result.refusal) {
      const failed = { form, fields, error: result.refusal };
      await this.answer(zone, request, response, { failed }, result.status);
    } else if (notice !== undefined) this.done(zone, notice, response);
    else await this.answer(zone, request, response, { made: result.value as CreatedTsigKey });
  }

  private async answer(
    zone: string,
    { session }: SessionRequest,
    response: Response,
    parts: Omit<ZoneView, 'session' | 'details'>,
    status = 200,
  ): Promise<void> {
    const details = await this.details.read(normalizeName(zone));
    sendPage(response, zonePage({ session, details, ...parts }), { status });
  }

  private done(zone: string, what: string, response: Response): void {
    response.redirect(303, `/zones/${encodeURIComponent(normalizeName(zone))}?done=${what}`);
  }
}

function valuesOf(fields: FormFields): string[] {
  const text = fields.required('values', 'The list of values', LONGEST_VALUE * MOST_VALUES);
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
