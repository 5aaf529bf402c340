import { describe, expect, it } from 'vitest';

import { apexCaa } from './apex-caa.js';

describe('apexCaa', () => {
  it('binds issuance to the account and dns-01, for wildcards too', () => {
    expect(apexCaa(['ca.test'], 'https://ca.test/acct/7')).toEqual([
      '0 issue "ca.test; accounturi=https://ca.test/acct/7; validationmethods=dns-01"',
      '0 issuewild "ca.test; accounturi=https://ca.test/acct/7; validationmethods=dns-01"',
    ]);
  });

  it('names the CA alone before the account exists', () => {
    expect(apexCaa(['ca.test'], undefined)).toEqual(['0 issue "ca.test"', '0 issuewild "ca.test"']);
  });

  it('allows every identity of the CA, and sets nothing for a CA without one', () => {
    expect(apexCaa(['a.test', 'b.test'], undefined)).toHaveLength(4);
    expect(apexCaa([], 'https://ca.test/acct/7')).toEqual([]);
  });
});
