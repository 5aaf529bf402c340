import { Controller, Get, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { DomainError } from '../../../kernel/errors.js';
import { ASSETS } from './assets.js';

const BY_PATH = new Map(Object.values(ASSETS).map((asset) => [asset.path, asset]));

/** Style, scripts and icon, for everybody: the sign-in page needs them. */
@ApiExcludeController()
@Controller('assets')
export class AssetsController {
  @Get(':file')
  show(@Param('file') file: string, @Res() response: Response): void {
    const asset = BY_PATH.get(`/assets/${file}`);
    if (!asset) throw new DomainError('not_found', 'There is no such file; reload the page that asked for it.');
    response.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
    response.setHeader('Content-Security-Policy', "default-src 'none'");
    response.type(asset.type).send(asset.content);
  }
}
