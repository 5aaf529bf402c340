import { Inject, Injectable } from '@nestjs/common';

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

  named(name: string): LimitedCa | undefined {
    return this.all.find(({ caName }) => caName === name);
  }
}
