import { describe, expect, it } from 'vitest';

import { auditDetails, auditTarget } from './audit-details.js';

describe('auditDetails', () => {
  it('keeps what is known to be harmless, and nothing else', () => {
    const body = { role: 'viewer', note: 'for Anna', credential: 'x', csrf: 'y', url: 'https://h/token', secret: 'z' };
    expect(auditDetails(body)).toEqual({ role: 'viewer', note: 'for Anna' });
  });

  it('redacts a credential that was pasted into a note', () => {
    expect(auditDetails({ note: 'key fco_abcDEF-_123 and whsec_a+/=.' })).toEqual({
      note: 'key [redacted] and [redacted].',
    });
  });

  it('cuts what is too long, and what is nested too deeply', () => {
    const { note, values, filter } = auditDetails({
      note: 'x'.repeat(1000),
      values: Array.from({ length: 100 }, () => 'v'),
      filter: { group: 'g', secret: 's' },
    });
    expect(note).toHaveLength(500);
    expect(values).toHaveLength(50);
    expect(filter).toEqual({ group: 'g' });
  });

  it.each([[undefined], [null], ['text'], [7]])('is empty for %s', (body) => {
    expect(auditDetails(body)).toEqual({});
  });
});

describe('auditTarget', () => {
  it('is what the path names, and what was made', () => {
    expect(auditTarget({ zone: 'fleet.test' }, { id: '17', secret: 's' })).toBe('fleet.test 17');
    expect(auditTarget({ id: '17' }, { id: '17' })).toBe('17');
    expect(auditTarget({}, undefined)).toBeNull();
  });
});
