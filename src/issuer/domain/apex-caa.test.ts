import { describe, expect, it } from 'vitest';

import { apexCaa } from './apex-caa.js';

const accountUrl = 'https://ca.test/acct/7';

describe('apexCaa', () => {
  it('binds issuance to the account and dns-01, for wildcards too', () => {
    expect(apexCaa([{ identities: ['ca.test'], accountUrl }])).toEqual([
      '0 issue "ca.test; accounturi=https://ca.test/acct/7; validationmethods=dns-01"',
      '0 issuewild "ca.test; accounturi=https://ca.test/acct/7; validationmethods=dns-01"',
    ]);
  });

  it('names the CA alone before the account exists', () => {
    expect(apexCaa([{ identities: ['ca.test'] }])).toEqual(['0 issue "ca.test"', '0 issuewild "ca.test"']);
  });

  it('allows every identity of the CA, and sets nothing for a CA without one', () => {
    expect(apexCaa([{ identities: ['a.test', 'b.test'] }])).toHaveLength(4);
    expect(apexCaa([{ identities: [], accountUrl }])).toEqual([]);
  });

  it('names every CA, each with its own account', () => {
    const other = { identities: ['other.test'], accountUrl: 'https://other.test/a/1' };
    expect(apexCaa([{ identities: ['ca.test'] }, other])).toEqual([
      '0 issue "ca.test"',
      '0 issue "other.test; accounturi=https://other.test/a/1; validationmethods=dns-01"',
      '0 issuewild "ca.test"',
      '0 issuewild "other.test; accounturi=https://other.test/a/1; validationmethods=dns-01"',
    ]);
  });

  it('does not open the CA to every account while its staging, of the same name, has none yet', () => {
    const staging = { identities: ['ca.test'] };
    const bound = apexCaa([{ identities: ['ca.test'], accountUrl }]);
    expect(apexCaa([{ identities: ['ca.test'], accountUrl }, staging])).toEqual(bound);
    expect(apexCaa([{ identities: ['ca.test'] }, staging])).toEqual(['0 issue "ca.test"', '0 issuewild "ca.test"']);
    const both = apexCaa([
      { identities: ['ca.test'], accountUrl },
      { ...staging, accountUrl: 'https://s.test/1' },
    ]);
    expect(both).toHaveLength(4);
  });
});
