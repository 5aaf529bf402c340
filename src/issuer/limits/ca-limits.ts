import { Inject, Injectable } from '@nestjs/common';

import { DomainError } from '../../kernel/errors.js';
import { CaList } from '../accounts/ca-list.js';
import type { LimitProfile } from '../domain/limits/limit-profile.js';
import { CA_LIMITS } from './limit-profile.token.js';

/** A configured CA and its limits. */
export interface LimitedCa {
  readonly directoryUrl: string;
  /** How people call it; absent where there is but one. */
  readonly caName?: string;
  readonly profile: LimitProfile;
}

/** The limits of all configured CAs, for who shows them. */
@Injectable()
export class CaLimits {
  /** In their order, stagings too. */
  readonly all: readonly LimitedCa[];

  constructor(list: CaList, @Inject(CA_LIMITS) limits: ReadonlyMap<string, LimitProfile>) {
    this.all = list.all.map(({ directoryUrl, name }) => ({
      directoryUrl,
      ...(list.hasSeveral && { caName: name }),
      profile: limits.get(directoryUrl)!,
    }));
  }

  get first(): LimitedCa {
    return this.all[0]!;
  }

  /** @throws DomainError `invalid_request` */
  named(name: string): LimitedCa {
    const ca = this.all.find(({ caName }) => caName === name);
    if (ca) return ca;
    const known = this.all.flatMap(({ caName }) => caName ?? []).join(', ');
    throw new DomainError(
      'invalid_request',
      known
        ? `No CA is called ${JSON.stringify(name)} here: ${known}.`
        : 'There is but one CA here: leave its name out.',
    );
  }
}
