import { describe, expect, it } from 'vitest';

import { BUILTIN_PROFILES } from '../domain/limits/builtin-profiles.js';
import { orderSpends, orderSubjects } from '../domain/limits/order-spends.js';
import type { WaitingReason } from '../domain/planner/waiting-reason.js';
import { reasonOf } from './order-view.js';

const subjects = orderSubjects(['k2v7.fleet.test']);
const order = { ...subjects, id: '1', group: '', requestedAt: 0, revoked: false, manual: false };
const bucket = orderSpends(BUILTIN_PROFILES.letsencrypt, 'account', subjects, undefined)[1]!;
const held: WaitingReason = { order, code: 'limit', bucket, ahead: 0, startAt: 1, estimatedAt: 2 };
const next: WaitingReason = { ...held, code: 'slot', bucket: undefined };

describe('the reason that an order shows', () => {
  it('is the limit that holds it, whatever held it before', () => {
    expect(reasonOf({ status: 'queued', reason: undefined }, held)).toContain('(fleet.test): 50 at once');
    expect(reasonOf({ status: 'queued', reason: 'The CA cannot be reached.' }, held)).toContain('(fleet.test)');
    expect(reasonOf({ status: 'deferred', reason: 'A limit was reached.' }, held)).toContain('(fleet.test)');
  });

  it('is what is stored with it otherwise', () => {
    expect(reasonOf({ status: 'deferred', reason: 'Later.' }, next)).toBe('Later.');
    expect(reasonOf({ status: 'failed', reason: 'No.' })).toBe('No.');
    expect(reasonOf({ status: 'issuing', reason: 'The CA works on it.' }, held)).toBe('The CA works on it.');
  });

  it('is its turn in the line for one that nothing holds', () => {
    expect(reasonOf({ status: 'queued', reason: undefined }, next)).toContain('It is next');
    expect(reasonOf({ status: 'queued', reason: undefined })).toBe('It waits for its turn.');
    expect(reasonOf({ status: 'issued', reason: undefined })).toBeUndefined();
  });
});
