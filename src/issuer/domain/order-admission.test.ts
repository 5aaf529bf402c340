import { describe, expect, it } from 'vitest';

import { addSeconds } from '../../kernel/clock.js';
import { admitOrder, type AdmissionFacts, type OpenOrder } from './order-admission.js';

const now = new Date('2026-03-01T12:00:00Z');
const names = ['k2v7.fleet.test'];

function facts(change: Partial<AdmissionFacts> = {}): AdmissionFacts {
  return { csrSha256: 'new', spkiSha256: 'new key', names, failures: 0, ...change };
}

function anOpenOrder(change: Partial<OpenOrder> = {}): OpenOrder {
  return {
    id: 'open',
    csrSha256: 'old',
    spkiSha256: 'old key',
    status: 'queued',
    names,
    leased: false,
    finalized: false,
    ...change,
  };
}

const issued = { id: 'issued', renewAt: addSeconds(now, 3600), revoked: false, newest: true };

describe('admitOrder', () => {
  it('takes the first CSR of a device at once', () => {
    expect(admitOrder(facts(), now)).toEqual({
      kind: 'accept',
      supersedes: undefined,
      failures: 0,
      inheritAcmeOrder: false,
      notBefore: now,
      heldBackBy: 0,
      quarantined: false,
    });
  });

  it('answers the same CSR with its open order, whatever is done with that', () => {
    for (const change of [{}, { leased: true }, { finalized: true }]) {
      const open = anOpenOrder({ csrSha256: 'new', ...change });
      expect(admitOrder(facts({ open }), now)).toEqual({ kind: 'same-order', orderId: 'open' });
    }
  });

  it('answers a CSR that was made anew for the same key and names with the open order', () => {
    const open = anOpenOrder({ spkiSha256: 'new key', leased: true });
    expect(admitOrder(facts({ open }), now)).toEqual({ kind: 'same-order', orderId: 'open' });
    const more = facts({ open, names: [...names, '*.k2v7.fleet.test'] });
    expect(admitOrder(more, now)).toMatchObject({ kind: 'busy' });
  });

  it('answers a CSR that was issued with the issued order', () => {
    expect(admitOrder(facts({ issued }), now)).toEqual({ kind: 'issued', orderId: 'issued' });
  });

  it.each([
    ['its certificate is due for renewal', { renewAt: now }],
    ['its certificate was revoked', { revoked: true }],
    ['a newer certificate has replaced it', { newest: false }],
  ])('issues again for the same CSR when %s', (_why, change) => {
    expect(admitOrder(facts({ issued: { ...issued, ...change } }), now)).toMatchObject({ kind: 'accept' });
  });

  it('lets the newest CSR win while its forerunner waits', () => {
    expect(admitOrder(facts({ open: anOpenOrder() }), now)).toMatchObject({
      kind: 'accept',
      supersedes: 'open',
      inheritAcmeOrder: false,
    });
  });

  it("goes on with the forerunner's order at the CA when the names are the same", () => {
    const open = anOpenOrder({ status: 'deferred', acmeOrderUrl: 'https://ca.test/order/1' });
    expect(admitOrder(facts({ open }), now)).toMatchObject({ supersedes: 'open', inheritAcmeOrder: true });
    expect(admitOrder(facts({ open, names: [...names, '*.k2v7.fleet.test'] }), now)).toMatchObject({
      supersedes: 'open',
      inheritAcmeOrder: false,
    });
  });

  it('asks to come back while a server works on the forerunner, or the CA has its CSR', () => {
    expect(admitOrder(facts({ open: anOpenOrder({ leased: true }) }), now)).toMatchObject({
      kind: 'busy',
      orderId: 'open',
    });
    expect(admitOrder(facts({ open: anOpenOrder({ finalized: true }) }), now)).toMatchObject({ kind: 'busy' });
  });

  it('holds an order back after failures at the CA, longer each time', () => {
    const lastFailureAt = addSeconds(now, -30);
    expect(admitOrder(facts({ failures: 1, lastFailureAt }), now)).toMatchObject({
      notBefore: addSeconds(now, 30),
      heldBackBy: 1,
    });
    expect(admitOrder(facts({ failures: 3, lastFailureAt }), now)).toMatchObject({
      notBefore: addSeconds(now, 5_970),
      heldBackBy: 3,
    });
  });

  it('puts a device in quarantine that has failed four times in a row: one try a day', () => {
    const lastFailureAt = addSeconds(now, -30);
    expect(admitOrder(facts({ failures: 3, lastFailureAt }), now)).toMatchObject({ quarantined: false });
    for (const failures of [4, 40]) {
      expect(admitOrder(facts({ failures, lastFailureAt }), now)).toMatchObject({
        notBefore: addSeconds(now, 86_370),
        quarantined: true,
      });
    }
  });

  it('does not hold back when the last failure is long ago', () => {
    expect(admitOrder(facts({ failures: 1, lastFailureAt: addSeconds(now, -61) }), now)).toMatchObject({
      notBefore: now,
      heldBackBy: 0,
      quarantined: false,
    });
  });
});
