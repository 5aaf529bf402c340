import { describe, expect, it } from 'vitest';

import { isSignedBy, webhookSecret, webhookSignature } from './webhook-signature.js';

// The example of the Standard Webhooks specification.
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const PARTS = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: '{"test": 2432232314}' };
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

describe('webhookSignature', () => {
  it('is that of the Standard Webhooks specification', () => {
    expect(webhookSignature(SECRET, PARTS)).toBe(SIGNATURE);
  });

  it('is found among several', () => {
    expect(isSignedBy(SECRET, PARTS, `v1,AAAA ${SIGNATURE}`)).toBe(true);
  });

  it.each([
    ['another body', { ...PARTS, body: '{}' }],
    ['another time', { ...PARTS, timestamp: 1614265331 }],
    ['another delivery', { ...PARTS, id: 'msg_other' }],
  ])('does not hold for %s', (_what, parts) => {
    expect(isSignedBy(SECRET, parts, SIGNATURE)).toBe(false);
  });

  it('does not hold under another secret', () => {
    expect(isSignedBy(webhookSecret(new Uint8Array(24)), PARTS, SIGNATURE)).toBe(false);
  });
});
