import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { CaList } from '../accounts/ca-list.js';
import { BucketTable } from '../limits/bucket-table.js';

/** Forgets buckets that are full again. */
@Injectable()
export class BucketSweep {
  constructor(
    private readonly dataSource: DataSource,
    private readonly list: CaList,
    private readonly buckets: BucketTable,
    private readonly clock: Clock,
  ) {}

  /** @returns how many */
  async sweep(): Promise<number> {
    let swept = 0;
    for (const { directoryUrl } of this.list.all) {
      swept += await this.dataSource.transaction((transaction) =>
        this.buckets.sweep(transaction, directoryUrl, this.clock.now()),
      );
    }
    return swept;
  }
}
