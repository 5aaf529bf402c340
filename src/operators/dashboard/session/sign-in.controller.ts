import { Controller, Get, Inject, Logger, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { DataSource } from 'typeorm';

import { Clock } from '../../../kernel/clock.js';
import { DomainError } from '../../../kernel/errors.js';
import { APP_CONFIG, type AppConfig } from '../../../platform/config/app-config.js';
import { noteEvent, type NewEvent } from '../../../platform/events/record-events.js';
import { AdminToken } from '../../auth/admin-token.js';
import { ApiKeys, type Operator } from '../../auth/api-keys.js';
import { durationText } from '../domain/duration-text.js';
import { returnPath } from '../domain/return-path.js';
import { FormFields } from '../http/form-fields.js';
import { sendPage } from '../http/send-page.js';
import { ClientLimiter } from './client-limiter.js';
import { requireSameOrigin } from './same-origin.js';
import { clearSessionCookie, readSessionCookie, setSessionCookie } from './session-cookie.js';
import { NeedsSession, type SessionRequest } from './session.guard.js';
import { Sessions } from './sessions.js';
import { signInPage } from './sign-in.view.js';

/** Credentials cannot be guessed; this keeps who tries from costing us anything. */
const TRIES = { burst: 10, intervalMilliseconds: 30_000 } as const;

const LONGEST_CREDENTIAL = 200;

/** The way in and out. */
@ApiExcludeController()
@Controller()
export class SignInController {
  private readonly logger = new Logger(SignInController.name);
  private readonly limiter = new ClientLimiter(TRIES);

  constructor(
    private readonly apiKeys: ApiKeys,
    private readonly adminToken: AdminToken,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
    private readonly dataSource: DataSource,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  @Get('sign-in')
  async form(@Req() request: Request, @Res() response: Response): Promise<void> {
    const next = returnPath(request.query['next']);
    const cookie = readSessionCookie(request);
    if (cookie && (await this.sessions.find(cookie))) {
      response.redirect(303, next);
      return;
    }
    sendPage(response, signInPage({ next, tokenFile: this.tokenFileHint() }));
  }

  @Post('sign-in')
  async signIn(@Req() request: Request, @Res() response: Response): Promise<void> {
    requireSameOrigin(request, this.config.http.publicUrl);
    const fields = new FormFields(request.body);
    const next = returnPath(fields.raw('next'));
    const client = request.ip ?? '';
    const wait = this.limiter.spend(client, this.clock.now().getTime());
    if (wait > 0) {
      response.setHeader('Retry-After', Math.ceil(wait / 1000));
      this.showAgain(response, next, 429, `Too many tries from your address. Try again in ${aboutSeconds(wait)}.`);
      return;
    }
    const operator = await this.authenticate(fields.raw('credential'));
    if (!operator) {
      this.logger.warn({ client }, 'a sign-in to the dashboard was refused');
      const refusal = 'That is not a credential of this server, or it was revoked or has expired.';
      this.showAgain(response, next, 401, refusal);
      return;
    }
    this.limiter.forgive(client);
    // For the audit log.
    Object.assign(request, { operator });
    this.logger.log({ operator: operator.id, role: operator.role, client }, 'signed in to the dashboard');
    await noteEvent(this.dataSource, signedIn(operator, this.clock.now()));
    const token = await this.sessions.begin(operator, {
      clientAddress: request.ip,
      userAgent: request.get('User-Agent'),
    });
    await this.endReplaced(request);
    setSessionCookie(request, response, token);
    response.redirect(303, next);
  }

  @Post('sign-out')
  @NeedsSession('viewer')
  async signOut(@Req() request: SessionRequest, @Res() response: Response): Promise<void> {
    await this.sessions.end(request.session.token);
    clearSessionCookie(request, response);
    response.redirect(303, '/sign-in');
  }

  /** Whoever signs in anew in the same browser cannot get back to the session before. */
  private async endReplaced(request: Request): Promise<void> {
    const before = readSessionCookie(request);
    if (before !== undefined) await this.sessions.end(before);
  }

  private showAgain(response: Response, next: string, status: number, error: string): void {
    sendPage(response, signInPage({ next, tokenFile: this.tokenFileHint(), error }), { status });
  }

  private async authenticate(credential: string): Promise<Operator | undefined> {
    if (credential === '' || credential.length > LONGEST_CREDENTIAL) return undefined;
    try {
      return await this.apiKeys.authenticate(credential);
    } catch (error) {
      if (error instanceof DomainError && error.code === 'unauthorized') return undefined;
      throw error;
    }
  }

  /** Where the sandbox keeps its token is no secret on the machine that it runs on; elsewhere it is nobody's business. */
  private tokenFileHint(): string | undefined {
    return this.config.sandbox ? this.adminToken.path : undefined;
  }
}

function signedIn({ id, role }: Operator, at: Date): NewEvent {
  const message = `An operator has signed in to the dashboard (${id}, ${role}).`;
  return { type: 'operator.signed_in', subject: { kind: 'operator', id }, message, data: { role }, at };
}

function aboutSeconds(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  return seconds < 60 ? `${seconds} seconds` : durationText(milliseconds);
}
