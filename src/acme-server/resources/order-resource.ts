import { orderStatus, type OrderWithAuthorizations } from '../domain/order.js';
import { notFound, refuse } from '../domain/problem.js';
import type { Account } from '../domain/account.js';
import type { AcmeServerParts } from '../protocol/context.js';
import { link, type Answer } from '../protocol/http.js';
import type { AccountRequest } from '../protocol/request-verifier.js';
import type { Issuance } from './issuance.js';
import { assertPostAsGet } from './post-as-get.js';
import { orderView } from './views.js';

/** An order, finalize, and an account's list of orders (RFC 8555 section 7.1.2.1, 7.1.3 and 7.4). */
export class OrderResource {
  constructor(
    private readonly parts: Pick<AcmeServerParts, 'store' | 'urls' | 'clock' | 'options'>,
    private readonly issuance: Issuance,
  ) {}

  async get(request: AccountRequest, id: string): Promise<Answer> {
    assertPostAsGet(request.payload);
    const found = await this.#find(id, request.account);
    if (orderStatus(found, this.parts.clock.now()) !== 'processing') return this.#answer(found);
    return this.#answerSettled(found);
  }

  async finalize(request: AccountRequest, id: string): Promise<Answer> {
    const found = await this.#find(id, request.account);
    await this.issuance.begin(found, request.account, request.payload);
    return this.#answerSettled(found);
  }

  /** Pages of the account's orders, oldest first; those that came to nothing are left out. */
  async list(request: AccountRequest, accountId: string, query: URLSearchParams): Promise<Answer> {
    assertPostAsGet(request.payload);
    if (accountId !== request.account.id) {
      throw refuse('unauthorized', 'Request signing key did not match account key');
    }
    const { store, urls, clock, options } = this.parts;
    const cursor = query.get('cursor') ?? '0';
    if (!/^\d{1,15}$/.test(cursor)) throw notFound('No such page of orders');
    const page = await store.orders.list(accountId, Number(cursor), options.ordersPageSize + 1);
    const shown = page.slice(0, options.ordersPageSize);
    const last = page.length > shown.length ? shown.at(-1) : undefined;
    const now = clock.now();
    return {
      status: 200,
      links: last ? [link(urls.orders(accountId, last.order.sequence), 'next')] : [],
      json: {
        orders: shown.filter((view) => orderStatus(view, now) !== 'invalid').map(({ order }) => urls.order(order.id)),
      },
    };
  }

  async #find(id: string, account: Account): Promise<OrderWithAuthorizations> {
    const found = await this.parts.store.orders.find(id);
    // Another account's order is none of the requester's business: not even that it exists.
    if (!found || found.order.accountId !== account.id) throw notFound(`No order for ID ${JSON.stringify(id)}`);
    return found;
  }

  async #answerSettled({ order }: OrderWithAuthorizations): Promise<Answer> {
    const retryAfterSeconds = await this.issuance.settle(order.id);
    const settled = await this.parts.store.orders.find(order.id);
    if (!settled) throw notFound(`No order for ID ${JSON.stringify(order.id)}`);
    return this.#answer(settled, retryAfterSeconds);
  }

  #answer(view: OrderWithAuthorizations, retryAfterSeconds = this.parts.options.pollSeconds): Answer {
    const { urls, clock } = this.parts;
    const now = clock.now();
    const isProcessing = orderStatus(view, now) === 'processing';
    return {
      status: 200,
      headers: {
        location: urls.order(view.order.id),
        ...(isProcessing ? { 'retry-after': String(retryAfterSeconds) } : {}),
      },
      json: orderView(view, now, urls),
    };
  }
}
