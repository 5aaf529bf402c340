import { addSeconds } from '../../../kernel/clock.js';
import type { Authorization } from '../../domain/authorization.js';
import type { IssuedCertificate } from '../../domain/certificate.js';
import { orderStatus, type Order, type OrderWithAuthorizations } from '../../domain/order.js';
import type { Problem } from '../../domain/problem.js';
import type { NewOrder, OrderCreation, OrderStore } from '../../ports/acme-store.js';
import { claimsPredecessor, isSameOpenOrder } from '../order-matching.js';
import type { MemoryState } from './memory-state.js';

export class MemoryOrders implements OrderStore {
  constructor(private readonly state: MemoryState) {}

  async create(order: NewOrder, authorizations: readonly Authorization[], now: Date): Promise<OrderCreation> {
    const all = [...this.state.orders.values()].map((held) => this.state.orderWithAuthorizations(held.order));
    const open = all.find((other) => isSameOpenOrder(other, order, now));
    if (open) return { kind: 'reused', order: open };
    if (all.some((other) => claimsPredecessor(other, order, now))) return { kind: 'already-replaced' };
    for (const authorization of authorizations) this.state.authorizations.set(authorization.id, { authorization });
    this.state.lastSequence += 1;
    const kept: Order = { ...order, sequence: this.state.lastSequence };
    this.state.orders.set(kept.id, { order: kept });
    return { kind: 'created', order: this.state.orderWithAuthorizations(kept) };
  }

  async find(id: string): Promise<OrderWithAuthorizations | undefined> {
    const held = this.state.orders.get(id);
    return held && this.state.orderWithAuthorizations(held.order);
  }

  async list(accountId: string, after: number, limit: number): Promise<readonly OrderWithAuthorizations[]> {
    return [...this.state.orders.values()]
      .map(({ order }) => order)
      .filter((order) => order.accountId === accountId && order.sequence > after)
      .slice(0, limit)
      .map((order) => this.state.orderWithAuthorizations(order));
  }

  async finalize(id: string, csr: Uint8Array): Promise<boolean> {
    const order = this.state.orders.get(id)?.order;
    if (!order || order.csr || order.error) return false;
    this.state.orders.set(id, { order: { ...order, csr } });
    return true;
  }

  async claimSigning(id: string, now: Date, leaseSeconds: number): Promise<boolean> {
    const held = this.state.orders.get(id);
    if (!held || !isProcessing(held.order)) return false;
    if (held.signingUntil && held.signingUntil > now) return false;
    this.state.orders.set(id, { ...held, signingUntil: addSeconds(now, leaseSeconds) });
    return true;
  }

  async releaseSigning(id: string): Promise<void> {
    const held = this.state.orders.get(id);
    if (held) this.state.orders.set(id, { order: held.order });
  }

  async complete(id: string, certificate: IssuedCertificate): Promise<boolean> {
    const order = this.state.orders.get(id)?.order;
    if (!order || !isProcessing(order)) return false;
    this.state.addCertificate(certificate);
    this.state.orders.set(id, { order: { ...order, certificateId: certificate.id } });
    return true;
  }

  async fail(id: string, error: Problem): Promise<boolean> {
    const order = this.state.orders.get(id)?.order;
    if (!order || order.error || order.certificateId !== undefined) return false;
    this.state.orders.set(id, { order: { ...order, error } });
    return true;
  }
}

function isProcessing(order: Order): boolean {
  // Neither the clock nor an authorization has a say once the order is finalized.
  return orderStatus({ order, authorizations: [] }, order.createdAt) === 'processing';
}
