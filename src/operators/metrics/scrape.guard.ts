import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';

import { bearerToken } from '../../platform/http/bearer.js';
import { ApiKeys } from '../auth/api-keys.js';
import { isLocalScrape } from '../domain/local-scrape.js';

/** Measures are for programs on this machine, and for operators of any role. */
@Injectable()
export class ScrapeGuard implements CanActivate {
  constructor(private readonly apiKeys: ApiKeys) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    if (isLocalScrape(request.socket.remoteAddress, request.headers)) return true;
    await this.apiKeys.authenticate(bearerToken(request));
    return true;
  }
}
