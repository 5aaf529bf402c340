import { describe, expect, it } from 'vitest';

import { certIdOf, isWellFormedCertId } from './cert-id.js';

const AKI = Buffer.from('69885b6b87464041e1b37b847ba0ae2cde01c8d4', 'hex');

describe('ARI identifiers', () => {
  it('are those of RFC 9773 section 4.1, with the sign octet of its serial 00:87:65:43:21', () => {
    expect(certIdOf(AKI, '87654321')).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
    expect(certIdOf(AKI, '0087654321')).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
  });

  it.each([
    ['7f00', 'fwA'],
    ['8000', 'AIAA'],
    ['1', 'AQ'],
    ['00000001', 'AQ'],
    ['0', 'AA'],
  ])('have the serial %s as %s', (serial, encoded) => {
    expect(certIdOf(AKI, serial).split('.')[1]).toBe(encoded);
  });

  it.each(['a.b', 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE'])('may look like %s', (text) => {
    expect(isWellFormedCertId(text)).toBe(true);
  });

  it.each(['', '.', 'a', 'a.', '.b', 'a.b.c', 'a=.b', 'a+.b', 'a/b.c', `a.${'b'.repeat(300)}`])(
    'do not look like %j',
    (text) => {
      expect(isWellFormedCertId(text)).toBe(false);
    },
  );
});
