import { Inject, Injectable } from '@nestjs/common';

import { APP_CONFIG, type AcmeConfig, type AppConfig, type CaConfig } from '../../platform/config/app-config.js';

/** A CA that is configured, with its staging. */
export interface ListedCa extends CaConfig {
  /** Of a staging: the directory URL of the CA that it belongs to. */
  readonly stagingOf?: string;
}

/** The configured CAs in the order in which orders fall back; each is known by its directory URL. */
@Injectable()
export class CaList {
  /** CAs whose certificates devices get: the first one, and those to fall back to. */
  readonly production: readonly ListedCa[];
  /** These and their stagings. */
  readonly all: readonly ListedCa[];
  readonly #byUrl: ReadonlyMap<string, ListedCa>;

  constructor(@Inject(APP_CONFIG) config: Pick<AppConfig, 'acme'>) {
    this.production = productionCas(config.acme);
    this.all = this.production.flatMap((ca) => (ca.staging ? [ca, stagingOf(ca, ca.staging)] : [ca]));
    this.#byUrl = new Map(this.all.map((ca) => [ca.directoryUrl, ca]));
  }

  get first(): ListedCa {
    return this.production[0]!;
  }

  /** Is there more than one place to order from? Then orders say where they are. */
  get hasSeveral(): boolean {
    return this.all.length > 1;
  }

  of(directoryUrl: string): ListedCa | undefined {
    return this.#byUrl.get(directoryUrl);
  }

  /** For people; of a CA that is no longer configured the host of its directory. */
  nameOf(directoryUrl: string): string {
    return this.#byUrl.get(directoryUrl)?.name ?? hostOf(directoryUrl);
  }

  /** Where an order of this CA is rehearsed; undefined where the CA has no staging, and is none. */
  stagingOf(directoryUrl: string): ListedCa | undefined {
    return this.all.find((ca) => ca.stagingOf === directoryUrl);
  }
}

function productionCas(acme: AcmeConfig): readonly CaConfig[] {
  const { directoryUrl, caFile, contact, externalAccount, profile, limits, caaIdentities, staging } = acme;
  const first: CaConfig = {
    name: acme.name ?? (acme.sandbox ? 'the sandbox CA' : hostOf(directoryUrl)),
    directoryUrl,
    caFile,
    contact,
    externalAccount,
    profile,
    limits,
    caaIdentities,
    staging,
  };
  return [first, ...(acme.others ?? [])];
}

/** What a staging does not say for itself is as at its CA, but for the account's external binding and the limits. */
function stagingOf(ca: CaConfig, staging: CaConfig): ListedCa {
  return {
    ...staging,
    contact: staging.contact ?? ca.contact,
    profile: staging.profile ?? ca.profile,
    stagingOf: ca.directoryUrl,
  };
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url;
}
