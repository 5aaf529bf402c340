import { ManualClock } from '../../../../src/kernel/clock.js';
import { AcmeServer } from '../../../../src/acme-server/acme-server.js';
import type { ValidationOutcome } from '../../../../src/acme-server/domain/authorization.js';
import type { AccountPolicy } from '../../../../src/acme-server/ports/account-policy.js';
import type { AcmeStore } from '../../../../src/acme-server/ports/acme-store.js';
import type { CertificateSigner } from '../../../../src/acme-server/ports/certificate-signer.js';
import type { ChallengeValidator, Dns01Validation } from '../../../../src/acme-server/ports/challenge-validator.js';
import type { AcmeHttpRequest, AcmeHttpResponse } from '../../../../src/acme-server/protocol/http.js';
import { HmacNonces } from '../../../../src/acme-server/protocol/hmac-nonces.js';
import { acmeServerOptions, type AcmeServerSettings } from '../../../../src/acme-server/protocol/options.js';
import { Urls } from '../../../../src/acme-server/protocol/urls.js';
import { OpenAccountPolicy } from '../../../../src/acme-server/sandbox/open-account-policy.js';
import { makeCaMaterial, type CaMaterial } from '../../../../src/acme-server/sandbox/ca-material.js';
import { CaSigner } from '../../../../src/acme-server/signing/ca-signer.js';
import { MemoryAcmeStore } from '../../../../src/acme-server/store/memory/memory-acme-store.js';
import { TestClient, type KeyKind } from './test-client.js';

export const BASE_URL = 'https://ca.test';
export const NOW = '2026-03-01T12:00:00.000Z';

/** Says yes to everything, but for the identifiers that a test gives other outcomes. Can be held. */
export class ScriptedValidator implements ChallengeValidator {
  readonly seen: Dns01Validation[] = [];
  readonly outcomes = new Map<string, ValidationOutcome>();
  readonly caaOutcomes = new Map<string, ValidationOutcome>();
  readonly caaChecks: string[] = [];
  #held: Promise<void> | undefined;

  async validate(validation: Dns01Validation): Promise<ValidationOutcome> {
    this.seen.push(validation);
    await this.#held;
    return this.outcomes.get(validation.identifier) ?? { valid: true };
  }

  async checkCaa({ identifier }: Pick<Dns01Validation, 'identifier'>): Promise<ValidationOutcome> {
    this.caaChecks.push(identifier);
    return this.caaOutcomes.get(identifier) ?? { valid: true };
  }

  fail(identifier: string): void {
    this.outcomes.set(identifier, { valid: false, problem: { type: 'dns', detail: `no TXT for ${identifier}` } });
  }

  /** Validations wait until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return resolve;
  }
}

export interface HarnessOptions {
  readonly settings?: AcmeServerSettings;
  readonly store?: AcmeStore;
  readonly policy?: AccountPolicy;
  readonly signer?: CertificateSigner;
  readonly baseUrl?: string;
  /** What Math.random would be; default 0.99: nothing that is left to chance happens. */
  readonly random?: () => number;
}

let material: Promise<CaMaterial> | undefined;

/** A server without sockets, on a clock that stands still, and clients for it. */
export class Harness {
  readonly clock = new ManualClock(NOW);
  readonly validator = new ScriptedValidator();
  readonly errors: { readonly message: string; readonly cause: unknown }[] = [];
  readonly store: AcmeStore;
  readonly server: AcmeServer;
  readonly baseUrl: string;

  private constructor(options: HarnessOptions, ca: CaMaterial) {
    this.store = options.store ?? new MemoryAcmeStore();
    this.baseUrl = options.baseUrl ?? BASE_URL;
    const serverOptions = acmeServerOptions({ requestRates: 'off', ...options.settings });
    const urls = new Urls(this.baseUrl);
    this.server = new AcmeServer({
      urls,
      store: this.store,
      signer:
        options.signer ??
        new CaSigner(ca.intermediate, this.clock, {
          chains: [[ca.intermediate.certificate], [ca.crossIntermediate.certificate]],
          crlUrl: 'https://ca.test/crl',
          delaySeconds: 0,
        }),
      validator: this.validator,
      policy: options.policy ?? new OpenAccountPolicy(),
      nonces: new HmacNonces(Buffer.alloc(32, 7), serverOptions.nonceSeconds, this.store.nonces, this.clock),
      clock: this.clock,
      random: options.random ?? (() => 0.99),
      log: {
        info: () => undefined,
        error: (message, cause) => this.errors.push({ message, cause }),
      },
      options: serverOptions,
    });
  }

  static async start(options: HarnessOptions = {}): Promise<Harness> {
    material ??= makeCaMaterial(new Date(NOW));
    return new Harness(options, await material);
  }

  send(request: Partial<AcmeHttpRequest> & Pick<AcmeHttpRequest, 'target'>): Promise<AcmeHttpResponse> {
    return this.server.handle({
      method: 'GET',
      headers: {},
      body: new Uint8Array(),
      remoteAddress: '192.0.2.1',
      ...request,
    });
  }

  /** A client with a key of its own, and no account yet. */
  async newClient(kind: KeyKind = 'ES256'): Promise<TestClient> {
    return TestClient.create((request) => this.send(request), this.baseUrl, kind);
  }

  /** A client with an account. */
  async client(kind: KeyKind = 'ES256'): Promise<TestClient> {
    const client = await this.newClient(kind);
    await client.register();
    return client;
  }
}
