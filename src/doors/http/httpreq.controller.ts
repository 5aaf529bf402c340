import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request } from 'express';

import { DomainError } from '../../kernel/errors.js';
import { basicCredentials } from '../domain/basic-credentials.js';
import { isChallengeOf, readHttpreqChallenge, type HttpreqChallenge } from '../domain/httpreq-request.js';
import { DoorChallenges } from '../door-challenges.js';
import { DoorCredentials, type DoorClient } from '../door-credentials.js';

/** lego's `httpreq` provider, in both of its modes; also Traefik's and others' that are built on lego. */
@ApiExcludeController()
@Controller('httpreq')
export class HttpreqController {
  constructor(
    private readonly credentials: DoorCredentials,
    private readonly challenges: DoorChallenges,
  ) {}

  @Post('present')
  @HttpCode(200)
  async present(@Req() request: Request): Promise<void> {
    const { client, challenge } = await this.read(request);
    await this.challenges.add(client, challenge.name, challenge.value);
  }

  @Post('cleanup')
  @HttpCode(200)
  async cleanup(@Req() request: Request): Promise<void> {
    const { client, challenge } = await this.read(request);
    await this.challenges.remove(client, challenge.name, challenge.value);
  }

  private async read(request: Request): Promise<{ client: DoorClient; challenge: HttpreqChallenge }> {
    const basic = basicCredentials(request.get('authorization'));
    const client = basic && (await this.credentials.authenticate('httpreq', basic.username, basic.password));
    if (!client) {
      throw new DomainError('unauthorized', 'The user name or password is not one of a device’s httpreq access.');
    }
    const challenge = readHttpreqChallenge(request.body as Buffer | undefined);
    if (!challenge) {
      throw new DomainError(
        'invalid_request',
        'Send {"fqdn":"_acme-challenge.<name>.","value":"…"}, or {"domain","token","keyAuth"} in RAW mode.',
      );
    }
    if (!isChallengeOf(challenge, client.device.name)) {
      throw new DomainError('forbidden', `This access reaches challenges of ${client.device.name} only.`);
    }
    return { client, challenge };
  }
}
