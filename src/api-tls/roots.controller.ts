import type { TLSSocket } from 'node:tls';

import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';

import { ApiCertificate } from './api-certificate.js';
import { RootBundles } from './root-bundle.js';

const DAY_SECONDS = 86_400;
const ETag = { description: 'Of this bundle', schema: { type: 'string' } };
const KEY_PIN = { description: 'Over TLS of our own: the pin of its key', schema: { type: 'string' } };

/** The roots for devices whose own are old. */
@ApiTags('device')
@Controller('roots.pem')
export class RootsController {
  constructor(
    private readonly bundles: RootBundles,
    private readonly certificate: ApiCertificate,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Root certificates that devices may trust this server by (PEM)',
    description:
      'Over TLS of our own the header `Fleetcert-Key-Pin` holds the pin of the key, `sha256//…`: whoever trusts the connection can keep it for the day when clock or roots are of no use.',
  })
  @ApiProduces('application/x-pem-file')
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'The ETag of the bundle that the device has' })
  @ApiResponse({ status: 200, description: 'The bundle', headers: { ETag, 'Fleetcert-Key-Pin': KEY_PIN } })
  @ApiResponse({ status: 304, description: 'It is the one of If-None-Match', headers: { ETag } })
  async show(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { pem, etag } = await this.bundles.bundle();
    response.setHeader('ETag', etag);
    response.setHeader('Cache-Control', `public, max-age=${DAY_SECONDS}`);
    const pin = this.certificate.presented?.pin;
    // Behind a proxy the device sees the proxy's key, not ours.
    if (pin !== undefined && (request.socket as Partial<TLSSocket>).encrypted) {
      response.setHeader('Fleetcert-Key-Pin', pin);
    }
    if (request.headers['if-none-match'] !== undefined && request.fresh) response.status(304).end();
    else response.type('application/x-pem-file').send(pem);
  }
}
