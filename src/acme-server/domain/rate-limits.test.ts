import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { newOrderTransactions, issuanceTransactions, registeredDomain } from './limit-transactions.js';
import {
  bucketKey,
  decideLimits,
  LETS_ENCRYPT_LIMITS,
  type LimitSettings,
  type LimitTransaction,
} from './rate-limits.js';

const settings: LimitSettings = { limits: LETS_ENCRYPT_LIMITS, overrides: {}, speedUp: 1 };

function aTransaction(patch: Partial<LimitTransaction> = {}): LimitTransaction {
  return {
    limit: 'newOrdersPerAccount',
    subject: 'account',
    shownSubject: 'account',
    spec: { burst: 2, count: 1, periodSeconds: 10 },
    mode: 'check-and-spend',
    ...patch,
  };
}

/** Runs batches one after the other, as a store would. */
class Buckets {
  readonly tats = new Map<string, number>();

  apply(transactions: readonly LimitTransaction[], seconds: number): boolean {
    const decision = decideLimits(transactions, this.tats, new Date(seconds * 1000));
    for (const [key, tat] of decision.spent) this.tats.set(key, tat);
    return decision.refusal === undefined;
  }
}

function describeTransactions(transactions: readonly LimitTransaction[]): string[] {
  return transactions.map(({ limit, shownSubject, mode }) => `${limit} ${shownSubject.slice(0, 14)} ${mode}`);
}

describe('a batch of limits', () => {
  it('spends nothing when one of them refuses', () => {
    const buckets = new Buckets();
    const full = aTransaction({ subject: 'full', spec: { burst: 1, count: 1, periodSeconds: 10 } });
    const free = aTransaction({ subject: 'free', spec: { burst: 1, count: 1, periodSeconds: 10 } });
    expect(buckets.apply([full], 0)).toBe(true);
    expect(buckets.apply([free, full], 0)).toBe(false);
    expect(buckets.apply([free], 0)).toBe(true);
  });

  it('names the limit that lasts longest', () => {
    const long = aTransaction({ subject: 'long', spec: { burst: 1, count: 1, periodSeconds: 100 } });
    const short = aTransaction({ subject: 'short', spec: { burst: 1, count: 1, periodSeconds: 10 } });
    const tats = new Map([
      [bucketKey(short), 60_000],
      [bucketKey(long), 100_000],
    ]);
    const decision = decideLimits([short, long, short], tats, new Date(50_000));
    expect(decision.refusal).toEqual({ transaction: long, retryAfterMilliseconds: 50_000 });
  });

  it('spends nothing where it only checks, and refuses nothing where it only spends', () => {
    const buckets = new Buckets();
    for (let round = 0; round < 5; round += 1) expect(buckets.apply([aTransaction({ mode: 'check' })], 0)).toBe(true);
    for (let round = 0; round < 5; round += 1) expect(buckets.apply([aTransaction({ mode: 'spend' })], 0)).toBe(true);
    expect(buckets.apply([aTransaction({ mode: 'check' })], 0)).toBe(false);
    // What went over was not added up: one period later there is room again.
    expect(buckets.apply([aTransaction({ mode: 'check' })], 10)).toBe(true);
  });

  it('never lets more pass than burst + elapsed / interval', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 200 }), (gaps) => {
        const buckets = new Buckets();
        let seconds = 0;
        let passed = 0;
        for (const gap of gaps) {
          seconds += gap;
          if (buckets.apply([aTransaction()], seconds)) passed += 1;
        }
        expect(passed).toBeLessThanOrEqual(2 + seconds / 10);
      }),
    );
  });
});

describe('newOrder', () => {
  const order = { accountId: '1', names: ['a.fleet.test', 'b.fleet.test', 'c.other.test'], exemption: 'none' } as const;

  it('spends new orders, and checks what is counted later', () => {
    expect(describeTransactions(newOrderTransactions(settings, order))).toEqual([
      'newOrdersPerAccount 1 check-and-spend',
      'failedAuthorizations a.fleet.test check',
      'failedAuthorizations b.fleet.test check',
      'failedAuthorizations c.other.test check',
      'certificatesPerDomain fleet.test check',
      'certificatesPerDomain other.test check',
      expect.stringMatching(/^certificatesPerExactSet [0-9a-f]{14} check$/) as string,
    ]);
  });

  it('of the names of an earlier certificate passes new orders and the domains', () => {
    const limits = newOrderTransactions(settings, { ...order, exemption: 'renewal' }).map(({ limit }) => limit);
    expect(new Set(limits)).toEqual(new Set(['failedAuthorizations', 'certificatesPerExactSet']));
  });

  it('by ARI passes everything; its certificate still counts for the exact set', () => {
    expect(newOrderTransactions(settings, { ...order, exemption: 'ari' })).toEqual([]);
    expect(issuanceTransactions(settings, { ...order, exemption: 'ari' }).map(({ limit }) => limit)).toEqual([
      'certificatesPerExactSet',
    ]);
  });
});

describe('the registered domain', () => {
  it.each([
    ['a.b.example.com', 'example.com'],
    ['*.example.co.uk', 'example.co.uk'],
    ['a.b.github.io', 'b.github.io'],
    ['github.io', 'github.io'],
    ['a.fleet.test', 'fleet.test'],
  ])('of %s is %s', (name, domain) => {
    expect(registeredDomain(name)).toBe(domain);
  });
});
