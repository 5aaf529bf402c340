import { describe, expect, it } from 'vitest';

import { type CaProblem, decideOnFailure, mayBeDueToReplaces, wordsOf } from './failure.js';

const first = { failures: 0, random: 0 };

function refusal(
  problem: Partial<CaProblem>,
  status: number,
  more: { retryAfterSeconds?: number; readingOrder?: boolean } = {},
) {
  return { kind: 'refused' as const, problem: { type: 'malformed', detail: 'no', ...problem }, status, ...more };
}

describe('decideOnFailure', () => {
  it('defers on 429 until Retry-After, and does not count it as a failure', () => {
    const decision = decideOnFailure(
      refusal({ type: 'rateLimited', detail: 'too many' }, 429, { retryAfterSeconds: 7_200 }),
      first,
    );
    expect(decision).toMatchObject({
      kind: 'defer',
      code: 'rate_limited',
      delaySeconds: 7_200,
      counts: false,
      startOver: false,
    });
    expect(decision.reason).toContain('too many');
  });

  it('comes back a little later than Retry-After, never earlier, so that held orders do not meet', () => {
    const decision = decideOnFailure(refusal({ type: 'rateLimited' }, 429, { retryAfterSeconds: 100_000 }), {
      failures: 0,
      random: 0.99,
    });
    expect(decision).toMatchObject({ delaySeconds: 100_059 });
  });

  it('takes any 429 for a rate limit, whatever its type', () => {
    expect(decideOnFailure(refusal({ type: 'about:blank' }, 429, { retryAfterSeconds: 60 }), first)).toMatchObject({
      code: 'rate_limited',
      delaySeconds: 60,
    });
  });

  it('tells "paused" (429 without Retry-After) apart and rests for a day', () => {
    expect(decideOnFailure(refusal({ type: 'rateLimited' }, 429), first)).toMatchObject({
      kind: 'defer',
      code: 'paused',
      delaySeconds: 86_400,
      counts: false,
    });
  });

  it('defers on 5xx by its Retry-After', () => {
    expect(decideOnFailure(refusal({ type: 'serverInternal' }, 503, { retryAfterSeconds: 30 }), first)).toMatchObject({
      code: 'ca_error',
      delaySeconds: 30,
      counts: false,
    });
  });

  it('defers on 5xx without Retry-After by the backoff', () => {
    const delays = [0, 1, 2, 3, 9].map((failures) => {
      const decision = decideOnFailure(refusal({ type: 'serverInternal' }, 500), { failures, random: 0 });
      return decision.kind === 'defer' && decision.counts ? decision.delaySeconds : undefined;
    });
    expect(delays).toEqual([60, 600, 6_000, 86_400, 86_400]);
  });

  it('makes a new order when the fault stands inside the order itself', () => {
    expect(decideOnFailure(refusal({ type: 'serverInternal' }, 0), first)).toMatchObject({
      kind: 'defer',
      startOver: true,
    });
  });

  it('believes no Retry-After of zero and none of a year', () => {
    expect(decideOnFailure(refusal({}, 503, { retryAfterSeconds: 0 }), first)).toMatchObject({ delaySeconds: 5 });
    expect(decideOnFailure(refusal({}, 503, { retryAfterSeconds: 31_536_000 }), first)).toMatchObject({
      delaySeconds: 604_800,
    });
  });

  it.each(['badCSR', 'rejectedIdentifier', 'unauthorized', 'caa', 'malformed', 'badPublicKey'])(
    'fails the order on %s with the words of the CA',
    (type) => {
      const decision = decideOnFailure(refusal({ type, detail: 'policy forbids it' }, 400), first);
      expect(decision).toMatchObject({ kind: 'fail', code: 'ca_refused' });
      expect(decision.reason).toContain('policy forbids it');
    },
  );

  it.each(['accountDoesNotExist', 'externalAccountRequired', 'userActionRequired'])(
    'does not blame the device for %s',
    (type) => {
      expect(decideOnFailure(refusal({ type }, 400), first)).toMatchObject({ kind: 'defer', code: 'ca_account' });
    },
  );

  it('defers a wrong profile and names the variable', () => {
    const decision = decideOnFailure(refusal({ type: 'invalidProfile' }, 400), first);
    expect(decision).toMatchObject({ kind: 'defer', code: 'ca_settings' });
    expect(decision.reason).toContain('FLEETCERT_ACME_PROFILE');
  });

  it("starts over when the CA does not know the stored order's URL", () => {
    expect(decideOnFailure(refusal({ type: 'malformed' }, 404, { readingOrder: true }), first)).toMatchObject({
      kind: 'defer',
      code: 'ca_order_lost',
      startOver: true,
    });
  });

  it("makes a new order when the CA's has ended without a certificate", () => {
    expect(decideOnFailure({ kind: 'order-ended', why: 'it has expired' }, first)).toMatchObject({
      code: 'ca_order_lost',
      startOver: true,
      delaySeconds: 60,
    });
  });

  it('keeps the stored order when reading it meets a 503', () => {
    expect(decideOnFailure(refusal({ type: 'serverInternal' }, 503, { readingOrder: true }), first)).toMatchObject({
      code: 'ca_error',
      startOver: false,
    });
  });

  it('backs off when the CA cannot be reached, when our DNS lags and on a fault of ours', () => {
    expect(decideOnFailure({ kind: 'unreachable', detail: 'ECONNREFUSED' }, first)).toMatchObject({
      code: 'ca_unreachable',
      delaySeconds: 60,
    });
    expect(decideOnFailure({ kind: 'not-served', detail: 'NXDOMAIN' }, first)).toMatchObject({
      code: 'challenge_not_served',
    });
    expect(decideOnFailure({ kind: 'internal' }, first)).toMatchObject({ code: 'internal', counts: true });
  });
});

describe('decideOnFailure, on faults that are not of the protocol', () => {
  it('begins anew soon when the CA looked while the server was down, and backs off when that happens again', () => {
    const failure = { kind: 'interrupted', reason: 'The CA could not validate.' } as const;
    expect(decideOnFailure(failure, first)).toMatchObject({
      kind: 'defer',
      delaySeconds: 5,
      startOver: true,
      counts: true,
    });
    expect(decideOnFailure(failure, { failures: 1, random: 0 })).toMatchObject({ delaySeconds: 600 });
  });

  it('fails an order whose certificate is for something else', () => {
    const decision = decideOnFailure({ kind: 'mismatch', detail: 'The certificate is for another key.' }, first);
    expect(decision).toEqual({
      kind: 'fail',
      code: 'certificate_mismatch',
      reason: 'The certificate is for another key.',
    });
  });

  it('comes back soon and counts nothing when the database went away', () => {
    expect(decideOnFailure({ kind: 'database' }, first)).toMatchObject({
      kind: 'defer',
      delaySeconds: 5,
      counts: false,
    });
  });
});

describe('wordsOf', () => {
  it('joins detail and subproblems, each with its name', () => {
    expect(
      wordsOf({
        type: 'compound',
        detail: 'two names failed',
        subproblems: [
          { type: 'dns', detail: 'SERVFAIL', name: 'a.fleet.test' },
          { type: 'caa', detail: 'CAA forbids' },
        ],
      }),
    ).toBe('two names failed (compound); a.fleet.test: SERVFAIL (dns); CAA forbids (caa)');
  });
});

describe('mayBeDueToReplaces', () => {
  it('is so for alreadyReplaced and an unknown certificate, not for a rate limit', () => {
    expect(mayBeDueToReplaces({ problem: { type: 'alreadyReplaced', detail: '' }, status: 409 })).toBe(true);
    expect(mayBeDueToReplaces({ problem: { type: 'malformed', detail: '' }, status: 404 })).toBe(true);
    expect(mayBeDueToReplaces({ problem: { type: 'rateLimited', detail: '' }, status: 429 })).toBe(false);
    expect(mayBeDueToReplaces({ problem: { type: 'serverInternal', detail: '' }, status: 500 })).toBe(false);
  });
});
