import type { Clock } from '../../kernel/clock.js';
import type { AcmeStore } from '../ports/acme-store.js';
import type { AcmeHttpRequest, AcmeHttpResponse } from '../protocol/http.js';
import type { Urls } from '../protocol/urls.js';
import type { CaKeyPair } from '../signing/certificate-authority.js';
import { makeRevocationList } from '../signing/revocation-list.js';

export const CRL_PATH = '/crl/intermediate.crl';

const TERMS = `This certificate authority is part of the fleetcert sandbox. It runs on your own machine, nobody else trusts
it, and you may do with its certificates whatever you like, except put them where they matter.
`;

/** The few pages that the sandbox's CA has beside ACME: its terms, and the revocation list. */
export class SandboxPages {
  constructor(
    private readonly urls: Urls,
    private readonly store: AcmeStore,
    private readonly issuer: CaKeyPair,
    private readonly clock: Clock,
  ) {}

  /** undefined for what is not one of these pages. */
  async handle({ method, target }: AcmeHttpRequest): Promise<AcmeHttpResponse | undefined> {
    if (method !== 'GET' && method !== 'HEAD') return undefined;
    if (target === `${this.urls.basePath}/terms`) {
      return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: TERMS };
    }
    if (target !== `${this.urls.basePath}${CRL_PATH}`) return undefined;
    const now = this.clock.now();
    const list = await makeRevocationList(this.issuer, await this.store.certificates.listRevoked(now), now);
    return {
      status: 200,
      headers: { 'content-type': 'application/pkix-crl', 'cache-control': 'max-age=60' },
      body: list,
    };
  }
}
