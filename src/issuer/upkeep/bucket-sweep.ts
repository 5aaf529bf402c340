import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { CaAccounts } from '../accounts/ca-accounts.js';
import { BucketTable } from '../limits/bucket-table.js';

/** Forgets buckets that are full again. */
@Injectable()
export class BucketSweep {
  constructor(
    private readonly dataSource: DataSource,
    private readonly accounts: CaAccounts,
    private readonly buckets: BucketTable,
    private readonly clock: Clock,
  ) {}

  /** @returns how many */
  async sweep(): Promise<number> {
    const account = await this.accounts.registered();
    if (!account) return 0;
    return this.dataSource.transaction((transaction) => this.buckets.sweep(transaction, account.ca, this.clock.now()));
  }
}
