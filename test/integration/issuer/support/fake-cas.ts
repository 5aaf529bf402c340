import { AcmeConnector, type AcmeCredentials } from '../../../../src/issuer/accounts/acme-connector.js';
import type { AcmeRegistration } from '../../../../src/issuer/acme/acme-accounts.js';
import type { AcmeCa } from '../../../../src/issuer/acme/acme-ca.js';
import { FakeCa, unreachable } from './fake-ca.js';
import type { FakeZone } from './fake-zone.js';

/** Several CAs in memory, each of which can be away. */
export class FakeCas extends AcmeConnector {
  readonly #cas: ReadonlyMap<string, FakeCa>;
  readonly #away = new Set<FakeCa>();

  constructor(...cas: readonly FakeCa[]) {
    super();
    this.#cas = new Map(cas.map((ca) => [ca.directoryUrl, ca]));
  }

  static at(zone: FakeZone, host: string): FakeCa {
    return new FakeCa((name, value) => zone.isServed(`_acme-challenge.${name}`, value), host);
  }

  goAway(ca: FakeCa): void {
    this.#away.add(ca);
  }

  comeBack(ca: FakeCa): void {
    this.#away.delete(ca);
  }

  async caaIdentities(directoryUrl: string): Promise<readonly string[]> {
    return this.#to(directoryUrl).caaIdentities();
  }

  async ping(directoryUrl: string): Promise<void> {
    return this.#to(directoryUrl).ping();
  }

  async register(registration: AcmeRegistration): Promise<string> {
    return this.#to(registration.directoryUrl).register(registration);
  }

  open(credentials: AcmeCredentials): AcmeCa {
    const opened = this.#cas.get(credentials.directoryUrl)!.open(credentials);
    return new Proxy(opened, {
      get: (target, name: keyof AcmeCa) => {
        const member = target[name];
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          this.#to(credentials.directoryUrl);
          return (member as (...all: unknown[]) => unknown)(...args);
        };
      },
    });
  }

  #to(directoryUrl: string): FakeCa {
    const ca = this.#cas.get(directoryUrl);
    if (!ca || this.#away.has(ca)) throw unreachable();
    return ca;
  }
}
