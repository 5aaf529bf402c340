import { describe, expect, it } from 'vitest';

import { CaModel } from './ca-model.js';
import { LETSENCRYPT_RULES, type CaRules } from './ca-rules.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const T0 = Date.parse('2028-03-01T00:00:00Z');

const aCa = (rules: Partial<CaRules> = {}, names = 400): CaModel =>
  new CaModel({ ...LETSENCRYPT_RULES, ...rules }, ['example.com', 'example.org'], names, () => 45 * DAY);

/** newOrder and, when it is created, the certificate. */
function order(ca: CaModel, name: number, now: number, domain = 0, replaces?: number) {
  const answer = ca.newOrder(name, domain, replaces, now);
  return answer.kind === 'created' ? ca.issue(name, domain, now) : answer;
}

describe('the model CA', () => {
  it('refuses the 51st certificate in a domain, and not one in another', () => {
    const ca = aCa();
    for (let name = 0; name < 50; name++) expect(order(ca, name, T0)).toHaveProperty('serial');
    expect(order(ca, 50, T0)).toEqual({
      kind: 'refused',
      limit: 'certificates-per-domain',
      retryAfterSeconds: (7 * 86_400) / 50,
    });
    expect(order(ca, 51, T0, 1)).toHaveProperty('serial');
    expect(order(ca, 50, T0 + (7 * DAY) / 50)).toHaveProperty('serial');
    expect(ca.refusals).toHaveLength(1);
  });

  it('counts domains at issuance: orders in flight overshoot', () => {
    const ca = aCa();
    for (let name = 0; name < 60; name++) expect(ca.newOrder(name, 0, undefined, T0).kind).toBe('created');
    for (let name = 0; name < 60; name++) ca.issue(name, 0, T0);
    expect(order(ca, 61, T0)).toMatchObject({ limit: 'certificates-per-domain', retryAfterSeconds: 11 * 12_096 });
  });

  it('takes an override for its domain', () => {
    const ca = aCa({ domainOverrides: { 'example.com': { burst: 200, intervalSeconds: 60 } } });
    for (let name = 0; name < 200; name++) expect(order(ca, name, T0)).toHaveProperty('serial');
    expect(order(ca, 201, T0)).toMatchObject({ retryAfterSeconds: 60 });
  });

  it('refuses the 301st new order of the account', () => {
    const ca = aCa({ certificatesPerDomain: null });
    for (let name = 0; name < 300; name++) expect(order(ca, name, T0 + name * 10)).toHaveProperty('serial');
    expect(order(ca, 300, T0 + 3000)).toMatchObject({ limit: 'new-orders', retryAfterSeconds: 33 });
  });

  it('lets the same names pass within 120 days, five times a week', () => {
    const ca = aCa();
    for (let name = 0; name < 50; name++) order(ca, name, T0);
    for (let i = 0; i < 4; i++) expect(order(ca, 7, T0 + i)).toHaveProperty('serial');
    expect(order(ca, 7, T0 + 10)).toMatchObject({ limit: 'certificates-per-exact-set' });
    expect(ca.counted).toEqual({ newOrders: 50, domains: 50 });
  });

  it('counts a name as new after 120 days', () => {
    const ca = aCa();
    order(ca, 0, T0);
    order(ca, 0, T0 + 119 * DAY);
    expect(ca.counted.domains).toBe(1);
    order(ca, 0, T0 + 240 * DAY);
    expect(ca.counted).toEqual({ newOrders: 2, domains: 2 });
  });

  it('lets an order that replaces a certificate in its window pass everything, and fills the exact set', () => {
    const ca = aCa({ certificatesPerExactSet: { burst: 2, intervalSeconds: 90 * 86_400 }, renewalDays: 0 });
    const { serial } = ca.adopt(0, T0);
    const { start, end } = ca.renewalInfo(0, serial)!;
    expect((start - T0) / DAY).toBeCloseTo(29.06, 1);
    expect(end).toBeGreaterThan(start);
    const renewed = order(ca, 0, start + 1, 0, serial) as { serial: number };
    expect(ca.counted).toEqual({ newOrders: 0, domains: 0 });
    expect(ca.renewalInfo(0, serial)).toBeUndefined();
    const window = ca.renewalInfo(0, renewed.serial)!;
    order(ca, 0, window.start + 1, 0, renewed.serial);
    expect(order(ca, 0, window.start + 2)).toMatchObject({ limit: 'certificates-per-exact-set' });
  });

  it('counts an order outside of the window as any other', () => {
    const ca = aCa({ renewalDays: 0 });
    const { serial } = ca.adopt(0, T0);
    order(ca, 0, T0 + DAY, 0, serial);
    expect(ca.counted.domains).toBe(1);
  });

  it('knows a certificate that is replaced already', () => {
    const ca = aCa();
    const { serial } = ca.adopt(0, T0);
    const { start } = ca.renewalInfo(0, serial)!;
    expect(ca.newOrder(0, 0, serial, start).kind).toBe('created');
    expect(ca.newOrder(0, 0, serial, start).kind).toBe('already-replaced');
    expect(ca.newOrder(0, 0, undefined, start).kind).toBe('created');
  });

  it('refuses a name that has failed five times in an hour, for the next 12 minutes', () => {
    const ca = aCa();
    for (let i = 0; i < 5; i++) {
      expect(ca.newOrder(0, 0, undefined, T0).kind).toBe('created');
      ca.fail(0, T0);
    }
    expect(ca.newOrder(0, 0, undefined, T0)).toMatchObject({ limit: 'failed-authorizations', retryAfterSeconds: 720 });
    expect(ca.newOrder(1, 0, undefined, T0).kind).toBe('created');
    expect(ca.newOrder(0, 0, undefined, T0 + 12 * MINUTE).kind).toBe('created');
  });

  it('pauses a name that only ever fails, until it has had a success', () => {
    const ca = aCa({ consecutiveFailures: { burst: 3, intervalSeconds: 86_400 } });
    ca.fail(0, T0);
    ca.fail(0, T0);
    order(ca, 0, T0);
    for (let i = 0; i < 3; i++) ca.fail(0, T0 + HOUR);
    expect(ca.newOrder(0, 0, undefined, T0 + 2 * HOUR)).toEqual({ kind: 'paused' });
  });

  it('does not answer in an outage', () => {
    const ca = aCa();
    ca.setOutages([{ from: T0, until: T0 + HOUR }]);
    expect(ca.newOrder(0, 0, undefined, T0)).toEqual({ kind: 'unavailable' });
    expect(ca.availableAt(T0 + MINUTE)).toBe(T0 + HOUR);
    expect(ca.newOrder(0, 0, undefined, T0 + HOUR).kind).toBe('created');
  });

  it('moves the window of a certificate that it will revoke into the past; the order for it is not exempt by ARI', () => {
    const ca = aCa({ renewalDays: 0 });
    const { serial } = ca.adopt(0, T0);
    ca.announceRevocation(0, T0 + DAY);
    expect(ca.renewalInfo(0, serial)!.end).toBe(T0);
    order(ca, 0, T0 + DAY, 0, serial);
    expect(ca.counted.domains).toBe(1);
  });

  it('lets somebody else fill the domain', () => {
    const ca = aCa();
    for (let i = 0; i < 50; i++) ca.issueToOthers(0, T0);
    expect(order(ca, 0, T0)).toMatchObject({ retryAfterSeconds: 12_096 });
  });
});
