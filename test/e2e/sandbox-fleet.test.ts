import { describe, expect, it } from 'vitest';

import { withDatabase } from '../support/database.js';
import { runSandboxFleet } from '../support/sandbox-fleet.js';

const DEVICES = 120;

describe("a fleet at a CA that enforces Let's Encrypt's limits, only faster", () => {
  const database = withDatabase();

  it('gets every certificate without one answer of 429, spends one slot a device, and renews for nothing', async () => {
    const { rollout, renewal, counted, leastSeconds } = await runSandboxFleet({
      databaseUrl: database.url,
      servers: 2,
      devices: DEVICES,
      ordersInFlight: 10,
      longestPollSeconds: 2,
      seconds: 170,
    });
    expect([rollout.refusals, renewal.refusals]).toEqual([[], []]);
    expect([rollout.ordersAtTheCa, rollout.certificatesAtTheCa]).toEqual([DEVICES, DEVICES]);
    expect([renewal.ordersAtTheCa, renewal.certificatesAtTheCa]).toEqual([DEVICES, DEVICES]);
    expect(counted).toEqual({ domain: DEVICES, newOrders: DEVICES });
    expect(new Set([...rollout.certificates, ...renewal.certificates].map(({ serial }) => serial)).size).toBe(
      2 * DEVICES,
    );
    // The limit was in the way: nobody can be done sooner.
    expect(rollout.seconds).toBeGreaterThan(leastSeconds);
  }, 180_000);
});
