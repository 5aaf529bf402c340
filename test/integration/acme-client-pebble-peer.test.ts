import { expect, it } from 'vitest';

import { describeWithPeers } from '../support/peers.js';
import { startPebble } from '../support/pebble.js';

describeWithPeers(['pebble'], 'Pebble as a test peer', () => {
  it('starts on free ports, two at a time, with roots of their own, and stops', async () => {
    const [one, two] = await Promise.all([startPebble(), startPebble({ alternateRoots: 1 })]);
    try {
      expect(one.directoryUrl).not.toBe(two.directoryUrl);
      expect(await one.rootPem()).toContain('BEGIN CERTIFICATE');
      expect(await one.rootPem()).not.toBe(await two.rootPem());
      expect(await two.rootPem(1)).not.toBe(await two.rootPem(0));
      expect(await two.intermediatePem()).toContain('BEGIN CERTIFICATE');
      expect(await one.certificateStatus('0badcafe')).toBeUndefined();
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
    expect(() => process.kill(one.pid, 0)).toThrow(/ESRCH/);
  });

  it('says why it could not start', async () => {
    await expect(startPebble({ externalAccounts: { kid: 'not base64url!' } })).rejects.toThrow(/ended while starting/);
  });
});
