import { isWellFormedCertId } from '../domain/cert-id.js';
import { notFound, refuse } from '../domain/problem.js';
import { renewalWindow } from '../domain/renewal-window.js';
import type { AcmeServerParts } from '../protocol/context.js';
import type { Answer } from '../protocol/http.js';
import { timestamp } from './views.js';

/** RFC 9773 section 4: unauthenticated, by GET. */
export class RenewalInfoResource {
  constructor(private readonly parts: Pick<AcmeServerParts, 'store' | 'clock' | 'options'>) {}

  async get(certId: string): Promise<Answer> {
    if (!isWellFormedCertId(certId)) {
      throw refuse('malformed', 'While parsing ARI CertID an error occurred :: Invalid path');
    }
    const certificate = await this.parts.store.certificates.findByCertId(certId);
    if (!certificate) throw notFound('Requested certificate was not found');
    const { start, end, explanationUrl } = renewalWindow(certificate, this.parts.clock.now());
    return {
      status: 200,
      headers: { 'retry-after': String(this.parts.options.renewalInfoSeconds) },
      json: {
        suggestedWindow: { start: timestamp(start), end: timestamp(end) },
        ...(explanationUrl === undefined ? {} : { explanationURL: explanationUrl }),
      },
    };
  }
}
