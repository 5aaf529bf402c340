import { describe, expect, it } from 'vitest';

import { enrollCommand } from './enroll-command.js';

describe('the line that enrolls a device', () => {
  const serverUrl = 'https://api.fleet.test:8443';

  it('fetches the agent and enrolls with it', () => {
    expect(enrollCommand({ serverUrl, key: 'fck_x' })).toBe(
      `curl -fsS ${serverUrl}/agent | sh -s -- enroll --server ${serverUrl} --key fck_x`,
    );
  });

  it('trusts the pinned key alone, for the agent too: who could change it on the way would have the device', () => {
    expect(enrollCommand({ serverUrl, key: 'fck_x', pin: 'sha256//abc=' })).toBe(
      `curl -fsSk --pinnedpubkey 'sha256//abc=' ${serverUrl}/agent | sh -s -- enroll --server ${serverUrl} --pin 'sha256//abc=' --key fck_x`,
    );
  });
});
