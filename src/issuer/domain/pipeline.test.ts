import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  type CaAuthorization,
  type CaOrder,
  initialView,
  nextAction,
  type PipelineAction,
  type PipelineView,
  pollSeconds,
} from './pipeline.js';

const URL = 'https://ca.test/order/1';

function anOrder(change: Partial<CaOrder> = {}): CaOrder {
  return {
    status: 'pending',
    authorizationUrls: ['https://ca.test/authz/1'],
    finalizeUrl: `${URL}/finalize`,
    ...change,
  };
}

function anAuthorization(
  change: Partial<CaAuthorization> = {},
  challenge: Partial<NonNullable<CaAuthorization['dnsChallenge']>> = {},
): CaAuthorization {
  return {
    url: 'https://ca.test/authz/1',
    status: 'pending',
    name: 'k2v7.fleet.test',
    dnsChallenge: { url: 'https://ca.test/chall/1', status: 'pending', txtValue: 'digest-1', ...challenge },
    ...change,
  };
}

function aView(change: Partial<PipelineView> = {}): PipelineView {
  return { ...initialView(URL), ...change };
}

const served = { published: new Set(['digest-1']), confirmed: new Set(['digest-1']) };

describe('nextAction', () => {
  it('orders at the CA only when no order URL is stored', () => {
    expect(nextAction(initialView(undefined))).toEqual({ do: 'new-order' });
    expect(nextAction(initialView(URL))).toEqual({ do: 'read-order' });
  });

  it('reads the authorizations of a pending order', () => {
    expect(nextAction(aView({ order: anOrder() }))).toEqual({ do: 'read-authorizations' });
  });

  it('publishes, confirms and only then answers the challenge', () => {
    const view = aView({ order: anOrder(), authorizations: [anAuthorization()] });
    const texts = [{ name: 'k2v7.fleet.test', value: 'digest-1' }];
    expect(nextAction(view)).toEqual({ do: 'publish', texts });
    expect(nextAction({ ...view, published: served.published })).toEqual({ do: 'confirm', texts });
    expect(nextAction({ ...view, ...served })).toEqual({ do: 'answer', challengeUrl: 'https://ca.test/chall/1' });
  });

  it('publishes the values of a name and its wildcard together', () => {
    const wildcard = anAuthorization(
      { url: 'https://ca.test/authz/2' },
      { url: 'https://ca.test/chall/2', txtValue: 'digest-2' },
    );
    const action = nextAction(aView({ order: anOrder(), authorizations: [anAuthorization(), wildcard] }));
    expect(action).toMatchObject({ do: 'publish', texts: [{ value: 'digest-1' }, { value: 'digest-2' }] });
  });

  it('does not challenge a valid authorization again', () => {
    const valid = anAuthorization({ status: 'valid', dnsChallenge: undefined });
    const pending = anAuthorization({ url: 'https://ca.test/authz/2' }, { txtValue: 'digest-2' });
    expect(nextAction(aView({ order: anOrder(), authorizations: [valid, pending] }))).toMatchObject({
      do: 'publish',
      texts: [{ value: 'digest-2' }],
    });
  });

  it('waits for a challenge that was answered, in this run or before a crash', () => {
    const answered = aView({
      order: anOrder(),
      authorizations: [anAuthorization()],
      ...served,
      answered: new Set(['https://ca.test/chall/1']),
    });
    expect(nextAction(answered)).toMatchObject({ do: 'wait', next: 'read-authorizations' });
    const resumed = aView({
      order: anOrder(),
      authorizations: [anAuthorization({}, { status: 'processing' })],
      ...served,
    });
    expect(nextAction(resumed)).toMatchObject({ do: 'wait', next: 'read-authorizations' });
  });

  it('publishes again after a crash, even when the challenge was answered before it', () => {
    const resumed = aView({ order: anOrder(), authorizations: [anAuthorization({}, { status: 'processing' })] });
    expect(nextAction(resumed)).toMatchObject({ do: 'publish' });
  });

  it('waits as long as the longest Retry-After of the authorizations says', () => {
    const view = aView({
      order: anOrder(),
      authorizations: [
        anAuthorization({ retryAfterSeconds: 3 }, { status: 'processing' }),
        anAuthorization({ retryAfterSeconds: 7 }, { status: 'processing' }),
      ],
      ...served,
    });
    expect(nextAction(view)).toEqual({ do: 'wait', seconds: 7, next: 'read-authorizations' });
  });

  it('reads the order again at once when its authorizations have become valid', () => {
    const view = aView({ order: anOrder(), authorizations: [anAuthorization({ status: 'valid' })] });
    expect(nextAction(view)).toEqual({ do: 'wait', seconds: 0, next: 'read-order' });
    expect(nextAction({ ...view, polls: 1 })).toEqual({ do: 'wait', seconds: 0.05, next: 'read-order' });
  });

  it('finalizes a ready order and nothing else', () => {
    expect(nextAction(aView({ order: anOrder({ status: 'ready' }) }))).toEqual({
      do: 'finalize',
      finalizeUrl: `${URL}/finalize`,
    });
  });

  it('polls an order in processing by its Retry-After', () => {
    const order = anOrder({ status: 'processing', retryAfterSeconds: 15 });
    expect(nextAction(aView({ order }))).toEqual({ do: 'wait', seconds: 15, next: 'read-order' });
  });

  it('downloads the certificate of a valid order', () => {
    const order = anOrder({ status: 'valid', certificateUrl: 'https://ca.test/cert/1' });
    expect(nextAction(aView({ order }))).toEqual({ do: 'download', certificateUrl: 'https://ca.test/cert/1' });
  });

  it("fails with the CA's own words when an authorization is invalid", () => {
    const invalid = anAuthorization(
      { status: 'invalid' },
      { status: 'invalid', error: { type: 'dns', detail: 'SERVFAIL looking up TXT' } },
    );
    const action = nextAction(aView({ order: anOrder({ status: 'invalid' }), authorizations: [invalid] }));
    expect(action).toMatchObject({ do: 'fail', code: 'validation_failed' });
    expect(action).toHaveProperty('reason', 'The CA could not validate k2v7.fleet.test: SERVFAIL looking up TXT (dns)');
    expect(nextAction(aView({ order: anOrder(), authorizations: [invalid] }))).toEqual(action);
  });

  it('does not blame the device for a look-up while the server was down', () => {
    const invalid = anAuthorization(
      { status: 'invalid' },
      { status: 'invalid', error: { type: 'dns', detail: 'refused' } },
    );
    const view = aView({ interrupted: true, order: anOrder({ status: 'invalid' }), authorizations: [invalid] });
    expect(nextAction(view)).toMatchObject({ do: 'give-up', failure: { kind: 'interrupted' } });
    const answeredAgain = { ...view, answered: new Set(['https://ca.test/chall/1']) };
    expect(nextAction(answeredAgain)).toMatchObject({ do: 'give-up', failure: { kind: 'interrupted' } });
    expect(nextAction({ ...answeredAgain, interrupted: false })).toMatchObject({
      do: 'fail',
      code: 'validation_failed',
    });
  });

  it('looks into the authorizations of an invalid order before it blames anything', () => {
    expect(nextAction(aView({ order: anOrder({ status: 'invalid' }) }))).toEqual({ do: 'read-authorizations' });
  });

  it("gives up with the order's own error when no authorization failed", () => {
    const error = { type: 'badCSR', detail: 'weak key' };
    const view = aView({
      order: anOrder({ status: 'invalid', error }),
      authorizations: [anAuthorization({ status: 'valid' })],
    });
    expect(nextAction(view)).toEqual({ do: 'give-up', failure: { kind: 'refused', problem: error, status: 0 } });
  });

  it.each(['expired', 'deactivated', 'revoked'] as const)('starts over when an authorization is %s', (status) => {
    const action = nextAction(aView({ order: anOrder(), authorizations: [anAuthorization({ status })] }));
    expect(action).toMatchObject({ do: 'give-up', failure: { kind: 'order-ended' } });
  });

  it('starts over when the order has expired', () => {
    const view = aView({ order: anOrder({ status: 'invalid' }), authorizations: [anAuthorization()] });
    expect(nextAction(view)).toMatchObject({ do: 'give-up', failure: { kind: 'order-ended', why: 'it has expired' } });
  });

  it('fails when the CA offers no dns-01', () => {
    const action = nextAction(
      aView({ order: anOrder(), authorizations: [anAuthorization({ dnsChallenge: undefined })] }),
    );
    expect(action).toMatchObject({ do: 'fail', code: 'ca_refused' });
  });
});

describe('pollSeconds', () => {
  it('doubles from 0.05 s to 10 s, and follows Retry-After up to an hour', () => {
    expect([0, 1, 2, 5, 7, 50].map((polls) => pollSeconds(polls, undefined))).toEqual([0.05, 0.1, 0.2, 1.6, 6.4, 10]);
    expect(pollSeconds(0, 42)).toBe(42);
    expect(pollSeconds(0, 100_000)).toBe(3_600);
  });

  it('does not spin on a Retry-After of 0', () => {
    expect(pollSeconds(0, 0)).toBe(0.05);
  });
});

function must(rule: boolean): void {
  if (!rule) throw new Error('the pipeline did what must never be done');
}

/** A CA in a few lines: what one order does there, and what must never be asked of it. */
class ModelCa {
  orders = 0;
  finalized = 0;
  #authorizations: CaAuthorization[];
  #order: CaOrder = anOrder();
  #slow: number;

  constructor(names: number, slow: number, valid: number) {
    this.#slow = slow;
    this.#authorizations = Array.from({ length: names }, (_, index) =>
      anAuthorization(
        { url: `https://ca.test/authz/${index}`, status: index < valid ? 'valid' : 'pending' },
        { url: `https://ca.test/chall/${index}`, txtValue: `digest-${index}` },
      ),
    );
    if (this.#authorizations.every(({ status }) => status === 'valid')) this.#order = anOrder({ status: 'ready' });
  }

  perform(action: PipelineAction, view: PipelineView): PipelineView {
    switch (action.do) {
      case 'new-order':
        this.orders += 1;
        return { ...view, acmeOrderUrl: URL, order: this.#order };
      case 'read-order':
        return { ...view, order: this.#order };
      case 'read-authorizations':
        return { ...view, authorizations: this.#authorizations };
      case 'publish':
        return { ...view, published: new Set([...view.published, ...action.texts.map(({ value }) => value)]) };
      case 'confirm':
        must(action.texts.every(({ value }) => view.published.has(value)));
        return { ...view, confirmed: new Set([...view.confirmed, ...action.texts.map(({ value }) => value)]) };
      case 'answer': {
        const index = this.#authorizations.findIndex(({ dnsChallenge }) => dnsChallenge?.url === action.challengeUrl);
        const challenge = this.#authorizations[index]!.dnsChallenge!;
        must(challenge.status === 'pending');
        must(view.confirmed.has(challenge.txtValue));
        this.#authorizations[index] = {
          ...this.#authorizations[index]!,
          dnsChallenge: { ...challenge, status: 'processing' },
        };
        return { ...view, answered: new Set([...view.answered, action.challengeUrl]) };
      }
      case 'wait':
        this.#pass();
        return {
          ...view,
          polls: view.polls + 1,
          order: action.next === 'read-order' ? this.#order : view.order,
          authorizations: action.next === 'read-authorizations' ? this.#authorizations : view.authorizations,
        };
      case 'finalize':
        must(this.#order.status === 'ready');
        this.finalized += 1;
        this.#order = anOrder({ status: 'processing' });
        return { ...view, order: this.#order, polls: 0 };
      default:
        throw new Error(`unexpected ${action.do}`);
    }
  }

  #pass(): void {
    if (this.#slow > 0) {
      this.#slow -= 1;
      return;
    }
    this.#authorizations = this.#authorizations.map((authorization) =>
      authorization.dnsChallenge?.status === 'processing'
        ? {
            ...authorization,
            status: 'valid' as const,
            dnsChallenge: { ...authorization.dnsChallenge, status: 'valid' as const },
          }
        : authorization,
    );
    if (this.#order.status === 'processing')
      this.#order = anOrder({ status: 'valid', certificateUrl: 'https://ca.test/cert/1' });
    else if (this.#order.status === 'pending' && this.#authorizations.every(({ status }) => status === 'valid')) {
      this.#order = anOrder({ status: 'ready' });
    }
  }
}

/** Runs an order that crashes after the given steps; what the CA has then seen of it. */
function issueWithCrashes(ca: ModelCa, crashAfter: ReadonlySet<number>): { orders: number; finalized: number } {
  let view = initialView(undefined);
  for (let step = 0; step < 400; step += 1) {
    const action = nextAction(view);
    if (action.do === 'download') return { orders: ca.orders, finalized: ca.finalized };
    view = ca.perform(action, view);
    if (crashAfter.has(step)) view = initialView(view.acmeOrderUrl);
  }
  throw new Error('the run did not end');
}

describe('a run through the CA', () => {
  it('ends with one order and one finalize, however often it crashes after the order URL was stored', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 0, max: 4 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 6 }),
        (names, slow, valid, crashes) => {
          const ca = new ModelCa(names, slow, Math.min(valid, names));
          expect(issueWithCrashes(ca, new Set(crashes))).toEqual({ orders: 1, finalized: 1 });
        },
      ),
    );
  });
});
