import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExcludeEndpoint } from '@nestjs/swagger';
import type { Request } from 'express';

import { DomainError } from '../../../kernel/errors.js';
import { APP_CONFIG, type AppConfig } from '../../../platform/config/app-config.js';
import { roleSuffices, type Role } from '../../domain/role.js';
import { requireSameOrigin } from './same-origin.js';
import type { Session } from './session.js';
import { readSessionCookie } from './session-cookie.js';
import { Sessions } from './sessions.js';

const ROLE = 'fleetcert:page-role';

/** A request of somebody who has signed in. */
export interface SessionRequest extends Request {
  session: Session;
}

/** Lets in who has signed in with a sufficient role, and forms that come from our own pages. */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(
    private readonly sessions: Sessions,
    private readonly reflector: Reflector,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<SessionRequest>();
    const cookie = readSessionCookie(request);
    const session = cookie && (await this.sessions.find(cookie));
    if (!session) throw new DomainError('unauthorized', 'Sign in first.');
    request.session = session;
    if (request.method !== 'GET' && request.method !== 'HEAD') this.checkForm(request);
    const needed = this.reflector.getAllAndOverride<Role>(ROLE, [context.getHandler(), context.getClass()]);
    if (!roleSuffices(session.operator.role, needed)) {
      throw new DomainError(
        'forbidden',
        `This needs the role ${needed}; you are signed in as ${session.operator.role}.`,
      );
    }
    return true;
  }

  private checkForm(request: SessionRequest): void {
    requireSameOrigin(request, this.config.http.publicUrl);
    const presented = (request.body as { csrf?: unknown } | undefined)?.csrf;
    if (this.sessions.isCsrfToken(request.session, presented)) return;
    throw new DomainError('forbidden', 'The form was too old, so nothing was done. Reload its page and send it again.');
  }
}

/** The page, or every page of the controller, is for who has signed in with at least this role. */
export function NeedsSession(role: Role): MethodDecorator {
  return applyDecorators(SetMetadata(ROLE, role), UseGuards(SessionGuard), ApiExcludeEndpoint());
}
