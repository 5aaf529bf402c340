import { expect, it } from 'vitest';

import type { Schemas } from '../client/fleet-client.js';
import { Console, type Output } from './console.js';
import { fleetText } from './fleet-output.js';

const nowhere: Output = { write: () => true, once: () => undefined };
const console = new Console({}, nowhere, nowhere);

const aFleet = (wanted: Partial<Schemas['FleetSummary']> = {}): Schemas['FleetSummary'] => ({
  serverTime: '2026-11-02T11:00:00.000Z',
  devices: { total: 0, active: 0, suspended: 0, cloneSuspected: 0 },
  certificates: { ok: 0, renewing: 0, 'at-risk': 0, expired: 0, none: 0, failing: 0 },
  soonestExpiries: [],
  failures: [],
  queue: { queued: 0, issuing: 0, deferred: 0, reasons: [] },
  buckets: [],
  zones: [],
  ...wanted,
});

it('says of an empty fleet that it is one, and nothing else', () => {
  expect(fleetText(console, aFleet())).toBe(
    `Fleet  0 devices  2026-11-02T11:00:00.000Z

Certificates
ok            0    valid, and not yet to be renewed
renewing      0    valid, and about to be replaced
at-risk       0    valid, but should have been replaced by now
failing       0    the newest order failed
expired       0    not valid any more
none          0    no certificate

Orders  0 waiting, 0 being issued, 0 put off`,
  );
});

it('draws what there is at all, in proportion', () => {
  const fleet = aFleet({
    devices: { total: 24_000, active: 24_000, suspended: 0, cloneSuspected: 0 },
    certificates: { ok: 12_000, renewing: 11_999, 'at-risk': 1, expired: 0, none: 0, failing: 0 },
  });
  const lines = fleetText(console, fleet).split('\n');
  expect(lines).toContain(`ok            12,000  ${'█'.repeat(12)}  valid, and not yet to be renewed`);
  expect(lines).toContain(`at-risk            1  █             valid, but should have been replaced by now`);
});

it('says what orders wait for, what is suspended, and what expires next', () => {
  const text = fleetText(
    console,
    aFleet({
      devices: { total: 2, active: 1, suspended: 1, cloneSuspected: 1 },
      queue: { queued: 3, issuing: 0, deferred: 0, reasons: [{ reason: 'It waits for a limit.', orders: 3 }] },
      soonestExpiries: [{ deviceId: 'x', name: 'a.example', notAfter: '2026-11-12T11:00:00.000Z' }],
      failures: [{ orderId: 'x', deviceId: 'x', name: 'b.example', reason: 'refused', at: '2026-11-02T09:00:00.000Z' }],
      zones: [{ zone: 'example', serial: 7 }],
    }),
  );
  expect(text).toContain('2 devices, 1 suspended, 1 suspected to be cloned');
  expect(text).toMatch(/They wait because\n *3 {2}It waits for a limit\.$/m);
  expect(text).toMatch(/^a\.example +in 10 d +2026-11-12T11:00:00\.000Z$/m);
  expect(text).toMatch(/^b\.example +2 h ago +refused$/m);
  expect(text).toMatch(/^example +7$/m);
});
