import { describe, expect, it } from 'vitest';

import { addSeconds } from '../../kernel/clock.js';
import type { Authorization, StoredAuthorizationStatus } from './authorization.js';
import { orderStatus, type Order, type OrderStatus } from './order.js';

const NOW = new Date('2026-03-01T12:00:00Z');
const LATER = addSeconds(NOW, 3600);

function anAuthorization(status: StoredAuthorizationStatus, expiresAt = LATER): Authorization {
  return {
    id: 'id',
    accountId: 'account',
    identifier: 'a.test',
    status,
    expiresAt,
    validSeconds: 1,
    challenge: { token: 't', status: 'pending' },
  };
}

function anOrder(patch: Partial<Order> = {}): Order {
  return {
    id: 'order',
    accountId: 'account',
    sequence: 1,
    names: ['a.test'],
    profile: 'classic',
    exemption: 'none',
    createdAt: NOW,
    expiresAt: LATER,
    authorizationIds: [],
    ...patch,
  };
}

describe('the status of an order (RFC 8555 section 7.1.6)', () => {
  const csr = Uint8Array.from([1]);
  const error = { type: 'dns', detail: '' } as const;
  it.each<[string, OrderStatus, Partial<Order>, Authorization[]]>([
    ['all authorizations pending', 'pending', {}, [anAuthorization('pending')]],
    ['one of two valid', 'pending', {}, [anAuthorization('valid'), anAuthorization('pending')]],
    ['all valid', 'ready', {}, [anAuthorization('valid'), anAuthorization('valid')]],
    ['one invalid', 'invalid', {}, [anAuthorization('valid'), anAuthorization('invalid')]],
    ['one deactivated', 'invalid', {}, [anAuthorization('deactivated')]],
    ['one revoked', 'invalid', {}, [anAuthorization('revoked')]],
    ['a valid one expired', 'invalid', {}, [anAuthorization('valid', NOW)]],
    ['a pending one expired', 'invalid', {}, [anAuthorization('pending', NOW)]],
    ['itself expired', 'invalid', { expiresAt: NOW }, [anAuthorization('valid')]],
    ['an error', 'invalid', { error }, [anAuthorization('valid')]],
    ['a CSR', 'processing', { csr }, [anAuthorization('valid')]],
    ['a CSR, long after', 'processing', { csr, expiresAt: NOW }, [anAuthorization('valid', NOW)]],
    ['a CSR and an error', 'invalid', { csr, error }, [anAuthorization('valid')]],
    ['a certificate', 'valid', { csr, certificateId: '1' }, [anAuthorization('deactivated')]],
  ])('with %s is %s', (_, status, order, authorizations) => {
    expect(orderStatus({ order: anOrder(order), authorizations }, NOW)).toBe(status);
  });
});
