import { timingSafeEqual } from 'node:crypto';

import type { IssuedCertificate } from '../domain/certificate.js';
import { decodeBase64Url, parseJsonObject } from '../domain/jws.js';
import { notFound, refuse } from '../domain/problem.js';
import { readRevocationReason, recordedReason, type RevocationRight } from '../domain/revocation.js';
import type { AcmeServerParts } from '../protocol/context.js';
import type { Answer } from '../protocol/http.js';
import type { AccountRequest, KeyRequest } from '../protocol/request-verifier.js';
import { certificateKeyThumbprint, readSerial } from '../signing/certificate-reader.js';

/**
 * revokeCert (RFC 8555 section 7.6), signed by the account that ordered the certificate, by one that holds
 * authorizations for all its names, or by the certificate's own key.
 */
export class RevocationResource {
  constructor(private readonly parts: Pick<AcmeServerParts, 'store' | 'signer' | 'clock' | 'log'>) {}

  async revoke(request: AccountRequest | KeyRequest): Promise<Answer> {
    const { store, signer, clock, log } = this.parts;
    const body = parseJsonObject(request.payload, 'revoke request');
    const certificate = await this.#find(decodeBase64Url(body['certificate'], 'revoke request: "certificate"'));
    const now = clock.now();
    if (certificate.notAfter < now) throw refuse('unauthorized', 'Certificate is expired');
    const requested = readRevocationReason(body['reason']);
    const right = await this.#rightOf(request, certificate, now);
    const reason = recordedReason(right, requested);
    if (!(await store.certificates.revoke(certificate.id, reason, now))) {
      throw refuse('alreadyRevoked', 'Certificate already revoked');
    }
    // Only who signs with the key has shown that it is out: nobody else can have it blocked.
    if (right === 'certificate-key') await store.certificates.blockKey(certificate.keyHash);
    await signer.revoke(certificate, reason);
    log.info('certificate revoked', { serial: certificate.id, reason, by: right });
    return { status: 200 };
  }

  async #find(der: Uint8Array): Promise<IssuedCertificate> {
    const serial = readSerial(der);
    if (serial === undefined) throw refuse('malformed', 'Unable to parse certificate DER');
    const certificate = await this.parts.store.certificates.find(serial);
    if (!certificate || certificate.der.length !== der.length || !timingSafeEqual(certificate.der, der)) {
      throw notFound('No such certificate');
    }
    return certificate;
  }

  async #rightOf(
    request: AccountRequest | KeyRequest,
    certificate: IssuedCertificate,
    now: Date,
  ): Promise<RevocationRight> {
    if ('key' in request) {
      if (request.thumbprint === (await certificateKeyThumbprint(certificate.der))) return 'certificate-key';
      throw refuse(
        'unauthorized',
        'JWK embedded in revocation request must be the same public key as the cert to be revoked',
      );
    }
    const { account } = request;
    if (account.id === certificate.accountId) return 'subscriber';
    const held = await this.parts.store.authorizations.findValid(account.id, certificate.names, now);
    if (held.length === certificate.names.length) return 'control-of-names';
    throw refuse(
      'unauthorized',
      'The account does not hold valid authorizations for all names in the certificate to be revoked',
    );
  }
}
