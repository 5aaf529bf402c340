import type { AcmeStore, StoreCounts } from '../../ports/acme-store.js';
import { MemoryAccounts } from './memory-accounts.js';
import { MemoryAuthorizations } from './memory-authorizations.js';
import { MemoryCertificates } from './memory-certificates.js';
import { MemoryLimits } from './memory-limits.js';
import { MemoryOrders } from './memory-orders.js';
import { MemoryState } from './memory-state.js';
import { MemoryUsedNonces } from './memory-used-nonces.js';

/** The store for tests and short-lived CAs: nothing survives the process. Each call is atomic, having no await in it. */
export class MemoryAcmeStore implements AcmeStore {
  readonly #state = new MemoryState();
  readonly accounts = new MemoryAccounts(this.#state);
  readonly orders = new MemoryOrders(this.#state);
  readonly authorizations = new MemoryAuthorizations(this.#state);
  readonly certificates = new MemoryCertificates(this.#state);
  readonly limits = new MemoryLimits();
  readonly nonces = new MemoryUsedNonces();

  async counts(): Promise<StoreCounts> {
    const { accounts, orders, certificates } = this.#state;
    return { accounts: accounts.size, orders: orders.size, certificates: certificates.size };
  }

  async purge(now: Date, before: Date): Promise<void> {
    const { orders, authorizations } = this.#state;
    for (const [id, { order }] of orders) if (!order.csr && order.expiresAt < before) orders.delete(id);
    const needed = new Set([...orders.values()].flatMap(({ order }) => order.authorizationIds));
    for (const [id, { authorization }] of authorizations) {
      if (authorization.expiresAt < before && !needed.has(id)) authorizations.delete(id);
    }
    this.limits.purge(now);
    this.nonces.purge(now);
  }
}
