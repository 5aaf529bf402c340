import { addSeconds } from '../../../kernel/clock.js';
import { authorizationStatus, type Authorization, type ValidationOutcome } from '../../domain/authorization.js';
import type { AuthorizationStore } from '../../ports/acme-store.js';
import { validated } from '../validated.js';
import type { MemoryState } from './memory-state.js';

export class MemoryAuthorizations implements AuthorizationStore {
  constructor(private readonly state: MemoryState) {}

  async find(id: string): Promise<Authorization | undefined> {
    return this.state.authorizations.get(id)?.authorization;
  }

  async findValid(accountId: string, identifiers: readonly string[], until: Date): Promise<readonly Authorization[]> {
    const longest = new Map<string, Authorization>();
    for (const { authorization } of this.state.authorizations.values()) {
      const { identifier, status, expiresAt } = authorization;
      if (authorization.accountId !== accountId || status !== 'valid' || expiresAt <= until) continue;
      if (!identifiers.includes(identifier)) continue;
      const other = longest.get(identifier);
      if (!other || other.expiresAt < expiresAt) longest.set(identifier, authorization);
    }
    return [...longest.values()];
  }

  async claimValidation(id: string, now: Date, leaseSeconds: number): Promise<boolean> {
    const held = this.state.authorizations.get(id);
    if (!held || authorizationStatus(held.authorization, now) !== 'pending') return false;
    if (held.validationUntil && held.validationUntil > now) return false;
    const { authorization } = held;
    this.state.authorizations.set(id, {
      authorization: { ...authorization, challenge: { ...authorization.challenge, status: 'processing' } },
      validationUntil: addSeconds(now, leaseSeconds),
    });
    return true;
  }

  async finishValidation(id: string, outcome: ValidationOutcome, now: Date): Promise<boolean> {
    const authorization = this.state.authorizations.get(id)?.authorization;
    if (authorization?.status !== 'pending') return false;
    this.state.authorizations.set(id, { authorization: validated(authorization, outcome, now) });
    return true;
  }

  async deactivate(id: string): Promise<boolean> {
    const authorization = this.state.authorizations.get(id)?.authorization;
    if (authorization?.status !== 'pending' && authorization?.status !== 'valid') return false;
    this.state.authorizations.set(id, { authorization: { ...authorization, status: 'deactivated' } });
    return true;
  }
}
