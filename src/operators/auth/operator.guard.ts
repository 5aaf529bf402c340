import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiSecurity } from '@nestjs/swagger';
import type { Request } from 'express';

import { DomainError } from '../../kernel/errors.js';
import { bearerToken } from '../../platform/http/bearer.js';
import { roleSuffices, type Role } from '../domain/role.js';
import { ApiKeys, type Operator } from './api-keys.js';

const ROLE = 'fleetcert:role';

export interface OperatorRequest extends Request {
  operator: Operator;
}

/** Lets operators in whose role suffices. */
@Injectable()
export class OperatorGuard implements CanActivate {
  constructor(
    private readonly apiKeys: ApiKeys,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<OperatorRequest>();
    const operator = await this.apiKeys.authenticate(bearerToken(request));
    const needed = this.reflector.getAllAndOverride<Role>(ROLE, [context.getHandler(), context.getClass()]);
    if (!roleSuffices(operator.role, needed)) {
      throw new DomainError('forbidden', `This call needs the role ${needed}; the credential has ${operator.role}.`);
    }
    request.operator = operator;
    return true;
  }
}

/** The call, or every call of the controller, is for operators with at least this role. */
export function NeedsRole(role: Role): ClassDecorator & MethodDecorator {
  return applyDecorators(SetMetadata(ROLE, role), UseGuards(OperatorGuard), ApiSecurity('operatorToken', [role]));
}
