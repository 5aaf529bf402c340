import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';

import { TYPE } from '../../../../ddns/domain/rr-type.js';
import { closestZone, isHostName, normalizeName } from '../../../../kernel/domain-name.js';
import { DomainError } from '../../../../kernel/errors.js';
import { APP_CONFIG, type AppConfig } from '../../../../platform/config/app-config.js';
import { FormFields } from '../../http/form-fields.js';
import { sendPage } from '../../http/send-page.js';
import { DnsAnswers } from '../devices/dns-answers.js';
import { checkPage, type CheckedDevice } from './check.view.js';

const HTTPS_PORT = 443;

/**
 * For a device's own user, without a sign-in: is the device reachable from this browser, and what to do if not. It tells
 * nothing that the DNS does not tell everybody.
 */
@ApiExcludeController()
@Controller('check')
export class CheckPageController {
  constructor(
    private readonly dns: DnsAnswers,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  @Get()
  show(@Req() request: Request, @Res() response: Response): void {
    const fields = new FormFields(request.query);
    const { zones } = this.config.dns;
    const entered = { name: fields.raw('name'), port: fields.raw('port') };
    if (entered.name === '') {
      sendPage(response, checkPage({ zones, entered }));
      return;
    }
    try {
      const device = this.device(fields);
      // The one page whose script may connect elsewhere: to the device that was asked for, and to nothing else.
      sendPage(response, checkPage({ zones, entered, device }), { connectTo: [device.url] });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      sendPage(response, checkPage({ zones, entered, error }), { status: 400 });
    }
  }

  /** Checked to the letter: the name goes into a header. */
  private device(fields: FormFields): CheckedDevice {
    const name = normalizeName(fields.required('name', 'The name', 253));
    const zone = isHostName(name) ? closestZone(name, this.config.dns.zones) : undefined;
    if (zone === undefined || zone === name) {
      throw new DomainError(
        'invalid_request',
        `That is not the name of a device here: such names end in ${this.config.dns.zones.map((known) => `.${known}`).join(' or ')}.`,
      );
    }
    const port = fields.integer('port', 'The port', 1, 65_535) ?? HTTPS_PORT;
    const addresses = [TYPE.A, TYPE.AAAA].flatMap((type) => this.dns.ask(name, type).records.map(({ value }) => value));
    return { name, zone, addresses, url: port === HTTPS_PORT ? `https://${name}` : `https://${name}:${port}` };
  }
}
