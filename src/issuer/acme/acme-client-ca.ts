import {
  AcmeUnreachableError,
  type AcmeAuthorization,
  type AcmeCa,
  type AcmeDirectory,
  type AcmeNewOrder,
  type AcmeOrder,
  type AcmeRenewalInfo,
} from './acme-ca.js';
import type { AcmeConnection } from './acme-connection.js';
import { readAuthorization, readOrder, readRenewalInfo } from './acme-resources.js';
import { AcmeSession } from './acme-session.js';

/** RFC 9773 section 4.1: two base64url strings. Everything else would ask for another path. */
const CERT_ID = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

export interface AcmeAccountCredentials {
  readonly accountUrl: string;
  /** PKCS#8 PEM. */
  readonly accountKeyPem: string;
}

/** An account at a CA over the real protocol. */
export class AcmeClientCa implements AcmeCa {
  readonly directoryUrl: string;
  readonly accountUrl: string;
  readonly #session: AcmeSession;

  constructor(
    private readonly connection: AcmeConnection,
    account: AcmeAccountCredentials,
  ) {
    this.directoryUrl = connection.directoryUrl;
    this.accountUrl = account.accountUrl;
    this.#session = new AcmeSession(connection, account);
  }

  async directory(): Promise<AcmeDirectory> {
    const { meta, renewalInfo } = await this.connection.directory();
    return {
      caaIdentities: meta.caaIdentities,
      profiles: Object.keys(meta.profiles),
      supportsRenewalInfo: renewalInfo !== undefined,
      externalAccountRequired: meta.externalAccountRequired,
      ...(meta.termsOfService !== undefined && { termsOfService: meta.termsOfService }),
    };
  }

  async newOrder(order: AcmeNewOrder): Promise<AcmeOrder> {
    const { newOrder, renewalInfo } = await this.connection.directory();
    const answer = await this.#session.post(newOrder, {
      identifiers: order.names.map((value) => ({ type: 'dns', value })),
      ...(order.profile !== undefined && { profile: order.profile }),
      // Where the CA has no ARI the field is unknown to it, and a strict one refuses unknown fields.
      ...(order.replaces !== undefined && renewalInfo !== undefined && { replaces: order.replaces }),
    });
    if (answer.location === undefined) throw new AcmeUnreachableError(`${newOrder} answered without the order's URL`);
    return readOrder(answer, answer.location);
  }

  async getOrder(url: string): Promise<AcmeOrder> {
    return readOrder(await this.#session.read(url), url);
  }

  async getAuthorization(url: string): Promise<AcmeAuthorization> {
    return readAuthorization(await this.#session.read(url), url, (token) => this.#session.txtValue(token));
  }

  async deactivateAuthorization(url: string): Promise<void> {
    await this.#session.post(url, { status: 'deactivated' });
  }

  async completeChallenge(url: string): Promise<void> {
    // Boulder answers `conflict` while it validates this very challenge: after a crash we may ask for it again.
    await this.#session.postUnless(['conflict'], url, {});
  }

  async finalize(finalizeUrl: string, csrDer: Uint8Array, orderUrl?: string): Promise<AcmeOrder> {
    const answer = await this.#session.post(finalizeUrl, { csr: Buffer.from(csrDer).toString('base64url') });
    return readOrder(answer, answer.location ?? orderUrl ?? '');
  }

  async downloadCertificate(url: string): Promise<{ pem: string; alternateUrls: readonly string[] }> {
    const answer = await this.#session.read(url);
    if (!answer.text.includes('-----BEGIN CERTIFICATE-----')) {
      throw new AcmeUnreachableError(`${url} answered with something that is not a certificate chain`);
    }
    return { pem: answer.text, alternateUrls: answer.links('alternate') };
  }

  async revokeCertificate(certificateDer: Uint8Array, reason?: number): Promise<void> {
    const { revokeCert } = await this.connection.directory();
    await this.#session.postUnless(['alreadyRevoked'], revokeCert, {
      certificate: Buffer.from(certificateDer).toString('base64url'),
      ...(reason !== undefined && { reason }),
    });
  }

  async renewalInfo(certId: string): Promise<AcmeRenewalInfo | undefined> {
    const { renewalInfo } = await this.connection.directory();
    if (renewalInfo === undefined) return undefined;
    if (!CERT_ID.test(certId)) throw new TypeError(`not an ARI certID: ${certId}`);
    return readRenewalInfo(await this.connection.get(`${renewalInfo.replace(/\/$/, '')}/${certId}`));
  }
}
