import { describe, expect, it } from 'vitest';

import { returnPath } from './return-path.js';

describe('returnPath', () => {
  it.each(['/', '/devices', '/devices?q=a%20b&health=ok', '/zones/fleet.test'])('keeps our own path %s', (path) => {
    expect(returnPath(path)).toBe(path);
  });

  it.each([
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
    '/\t/evil.example',
    '/.//evil.example',
    '/x/..//evil.example',
    ' /devices',
    'devices',
    '',
    '/sign-in?next=/sign-in',
    '/sign-out',
    undefined,
    ['/devices'],
  ])('answers / for %j', (wanted) => {
    expect(returnPath(wanted)).toBe('/');
  });
});
