import { Injectable } from '@nestjs/common';

import { AcmeAccounts, type AcmeRegistration } from '../acme/acme-accounts.js';
import type { AcmeCa } from '../acme/acme-ca.js';
import { AcmeClientCa } from '../acme/acme-client-ca.js';
import { AcmeConnections } from '../acme/acme-connections.js';

export interface AcmeCredentials {
  readonly directoryUrl: string;
  readonly accountUrl: string;
  /** PKCS#8 PEM. */
  readonly accountKeyPem: string;
}

/** The way to CAs. Rejects as AcmeCa does: AcmeProblemError, AcmeUnreachableError. */
export abstract class AcmeConnector {
  /** How the CA is called in CAA records. */
  abstract caaIdentities(directoryUrl: string): Promise<readonly string[]>;

  /** Asks the CA for its directory, now. */
  abstract ping(directoryUrl: string): Promise<void>;

  /** Makes the account of the key, or finds it; safe to repeat. @returns the account's URL */
  abstract register(registration: AcmeRegistration): Promise<string>;

  abstract open(credentials: AcmeCredentials): AcmeCa;
}

/** Over the network, by acme-client. */
@Injectable()
export class AcmeClientConnector extends AcmeConnector {
  readonly #accounts: AcmeAccounts;

  constructor(private readonly connections: AcmeConnections) {
    super();
    this.#accounts = new AcmeAccounts(connections);
  }

  async caaIdentities(directoryUrl: string): Promise<readonly string[]> {
    return (await this.connections.to(directoryUrl).directory()).meta.caaIdentities;
  }

  async ping(directoryUrl: string): Promise<void> {
    await this.connections.to(directoryUrl).get(directoryUrl);
  }

  async register(registration: AcmeRegistration): Promise<string> {
    return (await this.#accounts.register(registration)).accountUrl;
  }

  open({ directoryUrl, ...account }: AcmeCredentials): AcmeCa {
    return new AcmeClientCa(this.connections.to(directoryUrl), account);
  }
}
