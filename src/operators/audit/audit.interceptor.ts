import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { catchError, concatMap, from, map, type Observable, throwError } from 'rxjs';
import type { Request, Response } from 'express';

import { Clock } from '../../kernel/clock.js';
import { problemOf, INTERNAL_PROBLEM } from '../../platform/http/problem.js';
import { DomainError } from '../../kernel/errors.js';
import type { Operator } from '../auth/api-keys.js';
import { auditDetails, auditTarget } from '../domain/audit-details.js';
import { AuditLog } from './audit-log.js';

/** As the guards of the API and of the dashboard leave it. */
type AuditedRequest = Request & {
  operator?: Operator;
  session?: { readonly operator: Operator };
  /** A device calls, and no operator: what the device's guard leaves. */
  device?: unknown;
};

const HARMLESS = ['GET', 'HEAD', 'OPTIONS'];

/** Writes down every call of an operator that may change something, with its outcome, before the answer goes out. */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(
    private readonly log: AuditLog,
    private readonly clock: Clock,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<AuditedRequest>();
    if (HARMLESS.includes(request.method) || request.device) return next.handle();
    const response = context.switchToHttp().getResponse<Response>();
    // The body as it came: what the pipes made of it may hold defaults that nobody asked for.
    const details = { ...auditDetails(request.query), ...auditDetails(request.body) };
    const write = async (status: number, outcome: string, answer?: unknown): Promise<void> => {
      // Looked at last: who signs in is known when that is done.
      const operator = request.operator ?? request.session?.operator;
      if (!operator) return;
      await this.log.append({
        at: this.clock.now(),
        operatorId: operator.id,
        role: operator.role,
        action: `${request.method} ${routeOf(request)}`,
        target: auditTarget(request.params, answer),
        details,
        clientAddress: request.ip ?? null,
        requestId: typeof request.id === 'string' ? request.id : null,
        status,
        outcome,
      });
    };
    return next.handle().pipe(
      concatMap((answer: unknown) => from(write(response.statusCode, 'done', answer)).pipe(map(() => answer))),
      catchError((error: unknown) => {
        const { status, type } = error instanceof DomainError ? problemOf(error) : INTERNAL_PROBLEM;
        const outcome = type.slice(type.lastIndexOf(':') + 1);
        return from(write(status, outcome)).pipe(concatMap(() => throwError(() => error)));
      }),
    );
  }
}

function routeOf(request: Request): string {
  const route = request.route as { path?: unknown } | undefined;
  return typeof route?.path === 'string' ? route.path : request.path;
}
