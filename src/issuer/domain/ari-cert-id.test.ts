import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ariCertId, parseAriCertId } from './ari-cert-id.js';

/** RFC 9773, section 4.1 and appendix A. */
const keyIdentifier = Buffer.from('69885b6b87464041e1b37b847ba0ae2cde01c8d4', 'hex');
const serial = Buffer.from('0087654321', 'hex');
const certId = 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE';

describe('ARI certID', () => {
  it('is that of the RFC for the certificate of the RFC', () => {
    expect(ariCertId({ keyIdentifier, serial })).toBe(certId);
  });

  it('is another one without the sign octet', () => {
    expect(ariCertId({ keyIdentifier, serial: serial.subarray(1) })).not.toBe(certId);
  });

  it('is taken apart again', () => {
    expect(parseAriCertId(certId)).toEqual({ keyIdentifier, serial });
    const octets = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.record({ keyIdentifier: octets, serial: octets }), (parts) => {
        expect(parseAriCertId(ariCertId(parts))).toEqual(parts);
      }),
    );
  });

  it.each(['', '.', 'aYhb', 'aYhb.', '.AIdl', 'a.b.c', 'aYhb.AIdl=', '../../x', 'aYhb/.AIdl', 'aYhb.AIdlQyF'])(
    'is not %j',
    (text) => {
      expect(parseAriCertId(text)).toBeUndefined();
    },
  );
});
