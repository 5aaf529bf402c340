import { describe, expect, it } from 'vitest';

import { decideOnSleeping, type SleepingDevice } from './sleeping-device.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const aDevice = (facts: Partial<SleepingDevice> = {}): SleepingDevice => ({
  consents: true,
  lastSeenAt: 0,
  renewAt: 30 * DAY,
  notAfter: 45 * DAY,
  revoked: false,
  ...facts,
});

describe('a device that sleeps through its renewal', () => {
  it('has a third of the time that is left to come by itself', () => {
    expect(decideOnSleeping(aDevice(), 30 * DAY)).toEqual({ kind: 'wait', until: 35 * DAY });
    expect(decideOnSleeping(aDevice(), 35 * DAY)).toEqual({ kind: 'renew' });
  });

  it('has an hour when its certificate is revoked', () => {
    const revoked = aDevice({ revoked: true, renewAt: 10 * DAY });
    expect(decideOnSleeping(revoked, 10 * DAY)).toEqual({ kind: 'wait', until: 10 * DAY + HOUR });
    expect(decideOnSleeping(revoked, 10 * DAY + HOUR)).toEqual({ kind: 'renew' });
  });

  it('lapses after 120 days of silence, or as many as are configured', () => {
    const at = 125 * DAY;
    const device = aDevice({ renewAt: 110 * DAY, notAfter: 125 * DAY });
    expect(decideOnSleeping({ ...device, lastSeenAt: 6 * DAY }, at)).toEqual({ kind: 'renew' });
    expect(decideOnSleeping({ ...device, lastSeenAt: 4 * DAY }, at)).toEqual({ kind: 'lapse' });
    expect(decideOnSleeping({ ...device, lastSeenAt: 90 * DAY }, at, 30)).toEqual({ kind: 'lapse' });
  });

  it('lapses when it does not consent', () => {
    expect(decideOnSleeping(aDevice({ consents: false }), 36 * DAY)).toEqual({ kind: 'lapse' });
  });
});
