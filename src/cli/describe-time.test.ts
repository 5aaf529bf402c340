import { expect, it } from 'vitest';

import { describeTime } from './describe-time.js';

const now = new Date('2026-11-21T12:00:00Z');

it.each([
  ['2026-11-21T12:00:59Z', 'now'],
  ['2026-11-21T11:59:01Z', 'now'],
  ['2026-11-21T12:59:00Z', 'in 59 min'],
  ['2026-11-21T11:00:00Z', '1 h ago'],
  ['2026-11-23T11:59:00Z', 'in 47 h'],
  ['2026-12-21T12:00:00Z', 'in 30 d'],
  ['2025-11-21T12:00:00Z', '365 d ago'],
  [null, '–'],
  [undefined, '–'],
  ['not a time', '?'],
])('%s is "%s"', (time, text) => {
  expect(describeTime(time, now)).toBe(text);
});
