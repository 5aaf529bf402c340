import { Controller, Get, Logger, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';

import { Addresses } from '../../devices/addresses/addresses.js';
import { DomainError } from '../../kernel/errors.js';
import { basicCredentials } from '../domain/basic-credentials.js';
import { addressesAfter, type DynDnsCode, MOST_HOSTNAMES, readDynDnsUpdate } from '../domain/dyndns-request.js';
import { DoorCredentials, type DoorClient } from '../door-credentials.js';

/** The DynDNS2 protocol of routers, ddclient and inadyn: text, one line a name, in the order asked. */
@ApiExcludeController()
@Controller('nic')
export class DynDnsController {
  private readonly logger = new Logger(DynDnsController.name);

  constructor(
    private readonly credentials: DoorCredentials,
    private readonly addresses: Addresses,
  ) {}

  @Get('update')
  async update(@Req() request: Request, @Res() response: Response): Promise<void> {
    response.type('text/plain').setHeader('Cache-Control', 'no-store');
    const basic = basicCredentials(request.get('authorization'));
    const client = basic && (await this.credentials.authenticate('dyndns2', basic.username, basic.password));
    if (!client) {
      response.status(401).setHeader('WWW-Authenticate', 'Basic realm="fleetcert"');
      response.send('badauth\n');
      return;
    }
    const { hostnames, addresses } = readDynDnsUpdate(request.query, request.ip);
    if (hostnames.length === 0) response.send('notfqdn\n');
    else if (hostnames.length > MOST_HOSTNAMES) response.send('numhost\n');
    else {
      const own = hostnames.includes(client.device.name) ? await this.replace(client, addresses) : undefined;
      const lines = hostnames.map((name) => lineOf(name, client.device.name, own));
      response.send(`${lines.join('\n')}\n`);
    }
  }

  private async replace({ device }: DoorClient, given: readonly string[]): Promise<string> {
    if (device.state === 'suspended') return 'abuse';
    if (given.length === 0) return '911';
    try {
      const { addresses, changed } = await this.addresses.replace(device, addressesAfter(device.addresses, given));
      return `${changed ? 'good' : 'nochg'} ${addresses.filter((address) => given.includes(address)).join(',')}`;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.logger.warn(`a DynDNS update for ${device.name} was refused: ${error.detail}`);
      // The client has to stop, and its user to look: the same address will not be taken the next time either.
      const code: DynDnsCode = error.code === 'unavailable' ? '911' : 'abuse';
      return code;
    }
  }
}

function lineOf(name: string | undefined, own: string, answer: string | undefined): string {
  if (name === undefined) return 'notfqdn' satisfies DynDnsCode;
  return name === own && answer !== undefined ? answer : ('nohost' satisfies DynDnsCode);
}
