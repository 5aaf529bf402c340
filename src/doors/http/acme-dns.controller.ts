import { Controller, Get, HttpCode, Logger, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';

import { DomainError } from '../../kernel/errors.js';
import { type AcmeDnsError, isChallengeValue, readAcmeDnsUpdate } from '../domain/acme-dns-request.js';
import { isAllowedFrom } from '../domain/allowed-sources.js';
import { DoorChallenges } from '../door-challenges.js';
import { DoorCredentials, type DoorClient } from '../door-credentials.js';

/**
 * The API of acme-dns, for the clients that speak it: lego, acme.sh, certbot's hooks, Posh-ACME, cert-manager, Caddy,
 * Traefik. The values are served at `_acme-challenge.<device>`. Accounts come from `POST /v1/device/access` alone:
 * whoever could register here without a credential would get a name in the fleet's zone.
 */
@ApiExcludeController()
@Controller('acme-dns')
export class AcmeDnsController {
  private readonly logger = new Logger(AcmeDnsController.name);

  constructor(
    private readonly credentials: DoorCredentials,
    private readonly challenges: DoorChallenges,
  ) {}

  @Get('health')
  @HttpCode(200)
  health(): void {}

  @Post('register')
  register(@Res() response: Response): void {
    refuse(response, 403, 'registration_disabled');
  }

  @Post('update')
  async update(@Req() request: Request, @Res() response: Response): Promise<void> {
    const update = readAcmeDnsUpdate(request.body as Buffer | undefined);
    const client = await this.credentials.authenticate(
      'acme-dns',
      request.get('x-api-user') ?? '',
      request.get('x-api-key') ?? '',
    );
    if (!client || !update || !mayUpdate(client, update.subdomain, request.ip)) {
      refuse(response, 401, 'forbidden');
      return;
    }
    if (!isChallengeValue(update.txt)) {
      refuse(response, 400, 'bad_txt');
      return;
    }
    try {
      await this.challenges.push(client, `_acme-challenge.${client.device.name}`, update.txt);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.logger.warn(`an acme-dns update for ${client.device.name} was refused: ${error.detail}`);
      refuse(response, error.code === 'device_suspended' ? 401 : 500, failureOf(error));
      return;
    }
    response
      .status(200)
      .type('application/json')
      .send(JSON.stringify({ txt: update.txt }));
  }
}

function mayUpdate(client: DoorClient, subdomain: string, address: string | undefined): boolean {
  return subdomain.toLowerCase() === client.subdomain && isAllowedFrom(client.allowFrom, address);
}

function failureOf(error: DomainError): AcmeDnsError {
  return error.code === 'device_suspended' ? 'forbidden' : 'db_error';
}

function refuse(response: Response, status: number, error: AcmeDnsError): void {
  response.status(status).type('application/json').send(JSON.stringify({ error }));
}
