import type { Account } from '../../domain/account.js';
import type { AccountStore, KeyChange } from '../../ports/acme-store.js';
import type { MemoryState } from './memory-state.js';

export class MemoryAccounts implements AccountStore {
  constructor(private readonly state: MemoryState) {}

  async create(account: Account): Promise<{ account: Account; created: boolean }> {
    const existing = this.#byThumbprint(account.thumbprint);
    if (existing) return { account: existing, created: false };
    this.state.accounts.set(account.id, account);
    return { account, created: true };
  }

  async find(id: string): Promise<Account | undefined> {
    return this.state.accounts.get(id);
  }

  async findByThumbprint(thumbprint: string): Promise<Account | undefined> {
    return this.#byThumbprint(thumbprint);
  }

  async setContacts(id: string, contacts: readonly string[]): Promise<void> {
    this.#patch(id, { contacts });
  }

  async changeKey(id: string, change: KeyChange): ReturnType<AccountStore['changeKey']> {
    const holder = this.#byThumbprint(change.thumbprint);
    if (holder) return { conflictingAccountId: holder.id };
    if (this.state.accounts.get(id)?.thumbprint !== change.expectedThumbprint) return 'stale';
    this.#patch(id, { jwk: change.jwk, thumbprint: change.thumbprint });
    return 'changed';
  }

  async deactivate(id: string): Promise<void> {
    this.#patch(id, { status: 'deactivated' });
    for (const [key, held] of this.state.authorizations) {
      const { authorization } = held;
      if (authorization.accountId === id && ['pending', 'valid'].includes(authorization.status)) {
        this.state.authorizations.set(key, { authorization: { ...authorization, status: 'deactivated' } });
      }
    }
  }

  #byThumbprint(thumbprint: string): Account | undefined {
    return [...this.state.accounts.values()].find((account) => account.thumbprint === thumbprint);
  }

  #patch(id: string, patch: Partial<Account>): void {
    const account = this.state.accounts.get(id);
    if (account) this.state.accounts.set(id, { ...account, ...patch });
  }
}
