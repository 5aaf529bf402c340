import 'reflect-metadata';
import { createHash, randomBytes, webcrypto } from 'node:crypto';

import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

import { AcmeConnector, type AcmeCredentials } from '../../../../src/issuer/accounts/acme-connector.js';
import type { AcmeRegistration } from '../../../../src/issuer/acme/acme-accounts.js';
import {
  type AcmeAuthorization,
  type AcmeCa,
  type AcmeDirectory,
  type AcmeNewOrder,
  type AcmeOrder,
  type AcmeProblem,
  AcmeProblemError,
  type AcmeRenewalInfo,
  AcmeUnreachableError,
} from '../../../../src/issuer/acme/acme-ca.js';
import { aCertificate, type Holder, pemOf } from '../../../support/certificate-builder.js';

export const DIRECTORY_URL = 'https://ca.test/directory';

export type CaMethod = Exclude<keyof AcmeCa, 'directoryUrl' | 'accountUrl'> | 'register' | 'caaIdentities' | 'ping';

interface FakeAuthorization {
  url: string;
  status: AcmeAuthorization['status'];
  name: string;
  wildcard: boolean;
  txtValue: string;
  challenge: 'pending' | 'processing' | 'valid' | 'invalid';
  polls: number;
  error?: AcmeProblem;
}

interface FakeOrder {
  url: string;
  accountUrl: string;
  names: readonly string[];
  status: AcmeOrder['status'];
  authorizations: FakeAuthorization[];
  replaces?: string;
  profile?: string;
  pem?: string;
  polls: number;
  error?: AcmeProblem;
}

/** A refusal of the CA. */
export function problem(
  type: string,
  status: number,
  retryAfterSeconds?: number,
  detail = `${type} it is`,
): AcmeProblemError {
  return new AcmeProblemError({ type, detail, status }, status, retryAfterSeconds);
}

export function unreachable(): AcmeUnreachableError {
  return new AcmeUnreachableError('https://ca.test/: connect ECONNREFUSED');
}

/**
 * A CA in memory, behind the interface of the ACME wrapper: it validates against the zone it is given, hands a pending
 * order back for the same names as Let's Encrypt does, and does wrong whatever a test asks for.
 */
export class FakeCa extends AcmeConnector {
  readonly orders: FakeOrder[] = [];
  readonly accounts = new Map<string, string>();
  /** Serial numbers of the certificates that were issued. */
  readonly issued: string[] = [];
  readonly revoked: { readonly sha256: string; readonly reason: number | undefined }[] = [];
  /** Every call, in order. */
  readonly calls: CaMethod[] = [];
  /** Settings that a test may change. */
  handsBackPendingOrders = true;
  supportsRenewalInfo = true;
  /** The renewal window that it tells for a certificate. */
  renewalInfoOf: (certId: string) => AcmeRenewalInfo | undefined = () => undefined;
  /** How often an authorization or order is read before it is done. */
  validationPolls = 0;
  processingPolls = 0;
  retryAfterSeconds: number | undefined;
  validitySeconds = 90 * 86_400;
  /** What the certificate is made for, in place of the CSR. */
  tamper: ((chainPem: string) => Promise<string>) | undefined;
  readonly #faults = new Map<CaMethod, { readonly error: Error; readonly afterwards: boolean }[]>();
  #root: Promise<{ intermediate: Holder }> | undefined;

  /**
   * @param isServed does the zone answer with this TXT value at `_acme-challenge.<name>`?
   * @param host of its directory, and how it is called in CAA records
   */
  constructor(
    private readonly isServed: (name: string, value: string) => boolean,
    private readonly host = 'ca.test',
  ) {
    super();
  }

  get directoryUrl(): string {
    return `https://${this.host}/directory`;
  }

  /** The next call of the method fails so; several queue up. */
  fail(method: CaMethod, ...errors: readonly Error[]): void {
    this.#queue(
      method,
      errors.map((error) => ({ error, afterwards: false })),
    );
  }

  /** The next call of the method is done, and its answer lost. */
  loseAnswer(method: CaMethod): void {
    this.#queue(method, [{ error: unreachable(), afterwards: true }]);
  }

  count(method: CaMethod): number {
    return this.calls.filter((call) => call === method).length;
  }

  async caaIdentities(): Promise<readonly string[]> {
    return this.#call('caaIdentities', () => [this.host]);
  }

  async ping(): Promise<void> {
    return this.#call('ping', () => undefined);
  }

  async register({ accountKeyPem }: AcmeRegistration): Promise<string> {
    return this.#call('register', () => {
      const known = this.accounts.get(accountKeyPem);
      if (known !== undefined) return known;
      const url = `https://${this.host}/acct/${this.accounts.size + 1}`;
      this.accounts.set(accountKeyPem, url);
      return url;
    });
  }

  open({ accountUrl }: AcmeCredentials): AcmeCa {
    return {
      directoryUrl: this.directoryUrl,
      accountUrl,
      directory: () => this.#directory(),
      newOrder: (order) => this.#newOrder(order, accountUrl),
      getOrder: (url) => this.#getOrder(url),
      getAuthorization: (url) => this.#getAuthorization(url),
      deactivateAuthorization: (url) => this.#deactivate(url),
      completeChallenge: (url) => this.#complete(url),
      finalize: (url, csr) => this.#finalize(url, csr),
      downloadCertificate: (url) => this.#download(url),
      revokeCertificate: (der, reason) => this.#revoke(der, reason),
      renewalInfo: (certId) => this.#renewalInfo(certId),
    };
  }

  #directory(): Promise<AcmeDirectory> {
    return this.#call('directory', () => ({
      caaIdentities: [this.host],
      profiles: [],
      supportsRenewalInfo: this.supportsRenewalInfo,
      externalAccountRequired: false,
    }));
  }

  #newOrder({ names, replaces, profile }: AcmeNewOrder, accountUrl: string): Promise<AcmeOrder> {
    return this.#call('newOrder', () => {
      if (![...this.accounts.values()].includes(accountUrl)) throw problem('accountDoesNotExist', 400);
      const pending = this.orders.find(
        (order) =>
          this.handsBackPendingOrders &&
          (order.status === 'pending' || order.status === 'ready') &&
          order.names.join() === names.join(),
      );
      if (pending) return orderOf(pending, this.retryAfterSeconds);
      const number = this.orders.length + 1;
      const order: FakeOrder = {
        url: `https://${this.host}/order/${number}`,
        accountUrl,
        names,
        status: 'pending',
        replaces,
        profile,
        polls: 0,
        authorizations: names.map((name, index) => ({
          url: `https://${this.host}/authz/${number}-${index}`,
          status: 'pending',
          name: name.replace(/^\*\./, ''),
          wildcard: name.startsWith('*.'),
          txtValue: createHash('sha256').update(randomBytes(16)).digest('base64url'),
          challenge: 'pending',
          polls: 0,
        })),
      };
      this.orders.push(order);
      return orderOf(order, this.retryAfterSeconds);
    });
  }

  #getOrder(url: string): Promise<AcmeOrder> {
    return this.#call('getOrder', () => {
      const order = this.#order(url);
      if (order.status === 'processing') this.#progress(order);
      return orderOf(order, this.retryAfterSeconds);
    });
  }

  #getAuthorization(url: string): Promise<AcmeAuthorization> {
    return this.#call('getAuthorization', () => {
      const { order, authorization } = this.#authorization(url);
      if (authorization.challenge === 'processing') this.#validate(order, authorization);
      return {
        url,
        status: authorization.status,
        name: authorization.name,
        wildcard: authorization.wildcard,
        dnsChallenge: {
          url: `${url}/dns`,
          status: authorization.challenge,
          token: 'token',
          txtValue: authorization.txtValue,
          error: authorization.error,
        },
        retryAfterSeconds: this.retryAfterSeconds,
      };
    });
  }

  #complete(url: string): Promise<void> {
    return this.#call('completeChallenge', () => {
      const { authorization } = this.#authorization(url.replace(/\/dns$/, ''));
      if (authorization.challenge !== 'pending')
        throw problem('malformed', 400, undefined, 'the challenge is not pending');
      authorization.challenge = 'processing';
    });
  }

  #deactivate(url: string): Promise<void> {
    return this.#call('deactivateAuthorization', () => {
      this.#authorization(url).authorization.status = 'deactivated';
    });
  }

  #finalize(url: string, csrDer: Uint8Array): Promise<AcmeOrder> {
    return this.#call('finalize', async () => {
      const order = this.#order(url.replace(/\/finalize$/, ''));
      if (order.status !== 'ready') throw problem('orderNotReady', 403);
      order.status = 'processing';
      const pem = await this.#sign(order, csrDer);
      order.pem = this.tamper ? await this.tamper(pem) : pem;
      if (this.processingPolls === 0) order.status = 'valid';
      return orderOf(order, this.retryAfterSeconds);
    });
  }

  #download(url: string): Promise<{ pem: string; alternateUrls: string[] }> {
    return this.#call('downloadCertificate', () => ({
      pem: this.#order(url.replace(/\/certificate$/, '')).pem!,
      alternateUrls: [],
    }));
  }

  #revoke(der: Uint8Array, reason: number | undefined): Promise<void> {
    return this.#call('revokeCertificate', () => {
      this.revoked.push({ sha256: createHash('sha256').update(der).digest('hex'), reason });
    });
  }

  #renewalInfo(certId: string): Promise<AcmeRenewalInfo | undefined> {
    return this.#call('renewalInfo', () => this.renewalInfoOf(certId));
  }

  #validate(order: FakeOrder, authorization: FakeAuthorization): void {
    if (authorization.polls < this.validationPolls) {
      authorization.polls += 1;
      return;
    }
    const valid = this.isServed(authorization.name, authorization.txtValue);
    authorization.status = authorization.challenge = valid ? 'valid' : 'invalid';
    if (!valid) {
      authorization.error = {
        type: 'unauthorized',
        detail: `No TXT record found at _acme-challenge.${authorization.name}`,
      };
      order.status = 'invalid';
    } else if (order.authorizations.every(({ status }) => status === 'valid')) order.status = 'ready';
  }

  #progress(order: FakeOrder): void {
    if (order.polls < this.processingPolls) order.polls += 1;
    else order.status = 'valid';
  }

  async #sign(order: FakeOrder, csrDer: Uint8Array): Promise<string> {
    const { intermediate } = await (this.#root ??= makeIntermediate());
    const csr = new Pkcs10CertificateRequest(Uint8Array.from(csrDer));
    const serialNumber = `0${randomBytes(8).toString('hex')}`.slice(0, 16);
    const certificate = await X509CertificateGenerator.create({
      serialNumber,
      subject: '',
      issuer: intermediate.certificate.subject,
      notBefore: new Date(Date.now() - 3_600_000),
      notAfter: new Date(Date.now() + this.validitySeconds * 1000),
      publicKey: await csr.publicKey.export(),
      signingKey: intermediate.keys.privateKey,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [
        new BasicConstraintsExtension(false),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension(order.names.map((value) => ({ type: 'dns' as const, value }))),
        await AuthorityKeyIdentifierExtension.create(intermediate.keys.publicKey, false, webcrypto as never),
      ],
    });
    this.issued.push(serialNumber);
    return `${certificate.toString('pem')}\n${pemOf(intermediate)}`;
  }

  #order(url: string): FakeOrder {
    const order = this.orders.find((candidate) => candidate.url === url);
    if (!order) throw problem('malformed', 404, undefined, 'No order for ID');
    return order;
  }

  #authorization(url: string): { order: FakeOrder; authorization: FakeAuthorization } {
    for (const order of this.orders) {
      const authorization = order.authorizations.find((candidate) => candidate.url === url);
      if (authorization) return { order, authorization };
    }
    throw problem('malformed', 404, undefined, 'No such authorization');
  }

  #queue(method: CaMethod, faults: readonly { readonly error: Error; readonly afterwards: boolean }[]): void {
    this.#faults.set(method, [...(this.#faults.get(method) ?? []), ...faults]);
  }

  async #call<Answer>(method: CaMethod, action: () => Answer | Promise<Answer>): Promise<Answer> {
    this.calls.push(method);
    const fault = this.#faults.get(method)?.shift();
    if (fault && !fault.afterwards) throw fault.error;
    const answer = await action();
    if (fault) throw fault.error;
    return answer;
  }
}

function orderOf(order: FakeOrder, retryAfterSeconds: number | undefined): AcmeOrder {
  return {
    url: order.url,
    status: order.status,
    names: order.names,
    authorizationUrls: order.authorizations.map(({ url }) => url),
    finalizeUrl: `${order.url}/finalize`,
    certificateUrl: order.status === 'valid' ? `${order.url}/certificate` : undefined,
    error: order.error,
    retryAfterSeconds,
  };
}

async function makeIntermediate(): Promise<{ intermediate: Holder }> {
  const root = await aCertificate({ subject: 'CN=Fake Root', ca: true, serial: '01' });
  return {
    intermediate: await aCertificate({ subject: 'CN=Fake Intermediate', ca: true, issuer: root, serial: '02' }),
  };
}
