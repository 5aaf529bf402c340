import { describe, expect, it } from 'vitest';

import { checkKeyUse, type KeyUseFacts } from './csr-key-use.js';

const unknown: KeyUseFacts = { reportedCompromised: false, acmeAccountKey: false, otherDevice: false };

describe('checkKeyUse', () => {
  it('lets a key pass that nothing is known of', () => {
    expect(() => checkKeyUse(unknown)).not.toThrow();
  });

  it.each([
    ['reportedCompromised', /reported compromised/],
    ['acmeAccountKey', /ACME account key/],
    ['otherDevice', /belongs to another device/],
  ] as const)('refuses by %s', (fact, sentence) => {
    expect(() => checkKeyUse({ ...unknown, [fact]: true })).toThrow(
      expect.objectContaining({ code: 'csr_rejected', detail: expect.stringMatching(sentence) as string }),
    );
  });

  it('names the gravest of several reasons', () => {
    expect(() => checkKeyUse({ reportedCompromised: true, acmeAccountKey: true, otherDevice: true })).toThrow(
      /compromised/,
    );
  });
});
