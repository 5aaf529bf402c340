import { X509Certificate } from 'node:crypto';

import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';

import { LastSeen } from '../devices/auth/last-seen.js';
import type { Device } from '../devices/domain/device.js';
import { CertificateStore, type StoredCertificate } from '../issuer/certificates/certificate-store.js';
import { OrderIntake } from '../issuer/orders/order-intake.js';
import { addSeconds, Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/errors.js';
import { APP_CONFIG, type AppConfig } from '../platform/config/app-config.js';
import { ApiTlsStore, type ApiTlsEntry } from './api-tls-store.js';
import { apiName, type ApiName, whyNoCertificate } from './domain/api-name.js';
import { fingerprint, keyPin } from './domain/key-pin.js';

const ROUND_MILLISECONDS = 2_000;
const RETIRE_MILLISECONDS = 3_600_000;
/** A CA whose renewal times are all in the past must not make us order for ever. */
const MOST_A_DAY = 10;
const DAY_SECONDS = 86_400;
/** While all is well, the database is asked in every fifth round only. */
const QUIET_ROUNDS = 5;

/** What the HTTPS listener presents. */
export interface PresentedCertificate {
  readonly keyPem: string;
  /** Leaf first, without the root. */
  readonly chainPem: string;
  /** By a CA; otherwise it is self-signed. */
  readonly isIssued: boolean;
  /** `AB:CD:…`, SHA-256 of the leaf. */
  readonly fingerprint: string;
  /** `sha256//…` of the key, which stays the same over certificates. */
  readonly pin: string;
  readonly notAfter: Date;
}

/**
 * The certificate for the API's own name. It is ordered and renewed as any device's is, by the same orders, under the
 * same limits; all servers share one key and one order. Until there is one, the key's self-signed certificate serves.
 */
@Injectable()
export class ApiCertificate {
  private readonly logger = new Logger(ApiCertificate.name);
  /** The name in FLEETCERT_PUBLIC_URL. */
  readonly apiName: ApiName;
  #presented: PresentedCertificate | undefined;
  #entry: ApiTlsEntry | undefined;
  #onChange: (presented: PresentedCertificate) => void = () => undefined;
  #running = false;
  #quietRounds = 0;
  #lastTrouble: string | undefined;

  constructor(
    private readonly store: ApiTlsStore,
    private readonly certificates: CertificateStore,
    private readonly intake: OrderIntake,
    private readonly lastSeen: LastSeen,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {
    this.apiName = apiName(config.http.publicUrl, config.dns.zones);
  }

  /** What is presented now; undefined where HTTPS is not served. */
  get presented(): PresentedCertificate | undefined {
    return this.#presented;
  }

  /**
   * What a device has to be told at enrollment, because it takes our certificate by nothing else yet: it is self-signed, or
   * of the sandbox's CA. Undefined where it needs no pin, or reaches us by plain HTTP.
   */
  get pinForEnrollment(): string | undefined {
    const presented = this.#presented;
    const isPublic = presented?.isIssued === true && !this.config.acme.sandbox;
    return isPublic || !this.config.http.publicUrl.startsWith('https:') ? undefined : presented?.pin;
  }

  /** Why it will stay self-signed, and what to do; undefined when a certificate can be had. */
  get hindrance(): string | undefined {
    return whyNoCertificate(this.apiName, this.config.dns.zones);
  }

  /**
   * From here on it is looked after, and `onChange` told of every change.
   * @returns what to present at first
   * @throws ApiNameTakenError
   */
  async open(onChange: (presented: PresentedCertificate) => void): Promise<PresentedCertificate> {
    const now = this.clock.now();
    const entry = await this.store.open(this.apiName, now);
    this.#onChange = onChange;
    const { presented } = await this.look(entry);
    this.#entry = entry;
    this.#presented = presented;
    return presented;
  }

  /** Names that are the API's no more are forgotten; also where HTTPS is not served any more. Never rejects. */
  @Interval(RETIRE_MILLISECONDS)
  async retireOthers(): Promise<void> {
    const host = this.config.http.httpsListen && this.apiName.zone !== undefined ? this.apiName.host : undefined;
    try {
      await this.store.retireOthers(host, this.clock.now());
    } catch (error) {
      this.logger.warn({ err: error }, 'former names of the API will be looked after later');
    }
  }

  /** Stops looking after it. */
  close(): void {
    this.#entry = undefined;
  }

  @Interval(ROUND_MILLISECONDS)
  async tick(): Promise<void> {
    if (this.#quietRounds > 0) this.#quietRounds -= 1;
    else await this.round();
  }

  /** One look: is there a newer certificate, is one needed? Never rejects. */
  async round(): Promise<void> {
    if (this.#entry === undefined || this.#running) return;
    this.#running = true;
    try {
      this.#quietRounds = (await this.lookAfter(this.#entry)) ? QUIET_ROUNDS - 1 : 0;
      this.#lastTrouble = undefined;
    } catch (error) {
      this.tellTrouble(error);
    } finally {
      this.#running = false;
    }
  }

  /** @returns true when nothing is expected to happen soon */
  private async lookAfter({ name }: ApiTlsEntry): Promise<boolean> {
    const now = this.clock.now();
    let entry = await this.store.read(name);
    const { deviceId } = entry;
    if (deviceId !== undefined && entry.deviceState === 'deleted') {
      // An operator has removed the entry: the key may be known to others. Orders for it end first.
      if (await this.store.hasOpenOrder(deviceId)) return false;
      entry = await this.replaceKey(entry, now);
    }
    if (deviceId !== undefined) this.lastSeen.note(deviceId, now);
    const { presented, certificate } = await this.look(entry);
    if (this.#entry === undefined) return true;
    this.present(presented);
    if (deviceId === undefined || (certificate && certificate.revokedAt === undefined && now < certificate.renewAt)) {
      return true;
    }
    await this.order(entry, now);
    return false;
  }

  /** Submits the CSR. The same order again, while one is open; so all servers may do this as often as they like. */
  private async order(entry: ApiTlsEntry, now: Date): Promise<void> {
    const device: Device = {
      deviceId: entry.deviceId!,
      name: entry.name,
      zone: this.apiName.zone!,
      state: 'active',
      addresses: [],
      wildcard: false,
      aliases: [],
    };
    if ((await this.store.certificatesSince(device.deviceId, addSeconds(now, -DAY_SECONDS))) >= MOST_A_DAY) {
      throw new Error(
        `the API got ${MOST_A_DAY} certificates within a day and needs another one: does the CA want each renewed at once?`,
      );
    }
    try {
      await this.intake.submit(device, entry.csrDer.toString('base64'));
    } catch (error) {
      // A key that was reported compromised is refused for ever.
      if (!(error instanceof DomainError) || error.code !== 'csr_rejected') throw error;
      if (!(await this.store.isCompromised(entry))) throw error;
      const replaced = await this.replaceKey(entry, now);
      this.present((await this.look(replaced)).presented);
    }
  }

  private async replaceKey(entry: ApiTlsEntry, now: Date): Promise<ApiTlsEntry> {
    const replaced = await this.store.replaceKey(entry, this.apiName, now);
    this.logger.warn(
      { host: replaced.name },
      'the API has a new TLS key: devices that pinned the old one go by the CAs',
    );
    return replaced;
  }

  /** The newest certificate, where it is for the key; a revoked or expired one is better known than a self-signed one. */
  private async look(
    entry: ApiTlsEntry,
  ): Promise<{ readonly presented: PresentedCertificate; readonly certificate?: StoredCertificate }> {
    const newest = entry.deviceId === undefined ? undefined : await this.certificates.newest(entry.deviceId);
    const certificate = newest?.spkiSha256 === entry.spkiSha256 ? newest : undefined;
    const chainPem = certificate?.pem ?? entry.selfSignedPem;
    const leaf = new X509Certificate(chainPem);
    return {
      presented: {
        keyPem: entry.keyPem,
        chainPem,
        isIssued: certificate !== undefined,
        fingerprint: fingerprint(leaf.raw),
        pin: keyPin(leaf.publicKey.export({ type: 'spki', format: 'der' })),
        notAfter: new Date(leaf.validTo),
      },
      ...(certificate && { certificate }),
    };
  }

  private present(presented: PresentedCertificate): void {
    if (presented.fingerprint === this.#presented?.fingerprint) return;
    this.#presented = presented;
    this.#onChange(presented);
    const { isIssued, notAfter, pin } = presented;
    const what = isIssued ? 'the certificate that was issued' : 'a self-signed certificate';
    this.logger.log(
      { host: this.apiName.host, fingerprint: presented.fingerprint, pin, notAfter },
      `HTTPS serves ${what}`,
    );
  }

  /** Once for each kind of trouble, not every two seconds. */
  private tellTrouble(error: unknown): void {
    const text = error instanceof DomainError ? error.detail : (error as Error).message;
    if (text !== this.#lastTrouble) this.logger.warn({ err: error }, `no certificate for the API now: ${text}`);
    this.#lastTrouble = text;
  }
}
