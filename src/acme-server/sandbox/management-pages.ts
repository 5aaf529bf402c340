import { parseJsonObject } from '../domain/jws.js';
import type { RenewalWindow } from '../domain/certificate.js';
import type { AcmeStore } from '../ports/acme-store.js';
import type { AcmeHttpRequest, AcmeHttpResponse } from '../protocol/http.js';
import { readSerial } from '../signing/certificate-reader.js';
import { pemCertificate, pemToDer } from '../signing/pem.js';
import type { CaMaterial } from './ca-material.js';

/** How Pebble calls reasons is how RFC 5280 numbers them. */
interface CertificateStatus {
  readonly Certificate: string;
  readonly Serial: string;
  readonly Status: 'Valid' | 'Revoked';
  readonly Reason?: number;
  readonly RevokedAt?: string;
}

/**
 * What Pebble offers on its management port, for tests that are to run against either: roots and intermediates, a
 * certificate's status, and moving a renewal window. Whoever reaches it is believed, so it is off unless asked for.
 */
export class ManagementPages {
  constructor(
    private readonly store: AcmeStore,
    private readonly material: CaMaterial,
    private readonly setWindow: (serial: string, window: RenewalWindow) => Promise<void>,
  ) {}

  /** undefined for what is not one of these pages. */
  async handle({ method, target, body }: AcmeHttpRequest): Promise<AcmeHttpResponse | undefined> {
    const [, page, argument = ''] = target.split('/');
    if (method === 'GET' && page === 'roots') return this.#certificate(['root', 'alternateRoot'], argument);
    if (method === 'GET' && page === 'intermediates') {
      return this.#certificate(['intermediate', 'crossIntermediate'], argument);
    }
    if (method === 'GET' && page === 'cert-status-by-serial') return this.#status(argument);
    if (method === 'POST' && page === 'set-renewal-info') return this.#setRenewalInfo(body);
    return undefined;
  }

  #certificate(parts: readonly (keyof CaMaterial)[], index: string): AcmeHttpResponse {
    const part = parts[Number(index)];
    if (part === undefined) return plain(404, 'no such certificate');
    const pem = pemCertificate(new Uint8Array(this.material[part].certificate.rawData));
    return { status: 200, headers: { 'content-type': 'application/pem-certificate-chain' }, body: pem };
  }

  async #status(serial: string): Promise<AcmeHttpResponse> {
    const certificate = await this.store.certificates.find(serial.toLowerCase());
    if (!certificate) return plain(404, 'no such certificate');
    const { revoked } = certificate;
    const status: CertificateStatus = {
      Certificate: pemCertificate(certificate.der),
      Serial: certificate.id,
      Status: revoked ? 'Revoked' : 'Valid',
      ...(revoked ? { Reason: revoked.reason, RevokedAt: revoked.at.toISOString() } : {}),
    };
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(status) };
  }

  /** `{certificate: PEM, ariResponse: "{\"suggestedWindow\": …}"}`. */
  async #setRenewalInfo(body: Uint8Array): Promise<AcmeHttpResponse> {
    try {
      const { certificate, ariResponse } = parseJsonObject(body, 'request');
      const der = pemToDer(String(certificate), 'CERTIFICATE');
      const serial = der && readSerial(der);
      const { suggestedWindow, explanationURL } = JSON.parse(String(ariResponse)) as {
        suggestedWindow: { start: string; end: string };
        explanationURL?: string;
      };
      const [start, end] = [new Date(suggestedWindow.start), new Date(suggestedWindow.end)];
      if (serial === undefined || !(start < end)) return plain(400, 'wants a certificate and a window');
      const explanation = explanationURL === undefined ? {} : { explanationUrl: explanationURL };
      await this.setWindow(serial, { start, end, ...explanation });
      return plain(200, 'OK');
    } catch (error) {
      return plain(400, (error as Error).message);
    }
  }
}

function plain(status: number, body: string): AcmeHttpResponse {
  return { status, headers: { 'content-type': 'text/plain' }, body };
}
