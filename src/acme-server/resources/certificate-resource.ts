import { notFound, refuse } from '../domain/problem.js';
import type { AcmeServerParts } from '../protocol/context.js';
import { link, type Answer } from '../protocol/http.js';
import type { AccountRequest } from '../protocol/request-verifier.js';
import { pemCertificate } from '../signing/pem.js';
import { assertPostAsGet } from './post-as-get.js';

/** A certificate with its chain, and links to the other ways to a root (RFC 8555 section 7.4.2). */
export class CertificateResource {
  constructor(private readonly parts: Pick<AcmeServerParts, 'store' | 'urls'>) {}

  async get(request: AccountRequest, id: string, chain: string | undefined): Promise<Answer> {
    assertPostAsGet(request.payload);
    const certificate = await this.parts.store.certificates.find(id);
    if (!certificate) throw notFound('Certificate not found');
    if (certificate.accountId !== request.account.id) {
      throw refuse('unauthorized', 'Account in use did not issue specified certificate');
    }
    const index = chain === undefined ? 0 : Number(chain);
    const issuers = certificate.issuerChains[index];
    if (issuers === undefined) throw notFound('Unknown issuance chain');
    const alternates = certificate.issuerChains.map((_, other) => other).filter((other) => other !== index);
    return {
      status: 200,
      links: alternates.map((other) => link(this.parts.urls.certificate(id, other), 'alternate')),
      text: { type: 'application/pem-certificate-chain', body: pemCertificate(certificate.der) + issuers },
    };
  }
}
