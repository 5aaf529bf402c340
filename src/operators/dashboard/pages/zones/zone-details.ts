import { Inject, Injectable } from '@nestjs/common';

import { type FixedRecords, FixedRecordService } from '../../../../ddns/publishing/fixed-records.js';
import { Secondaries, type ListedSecondary } from '../../../../ddns/transfer/secondaries.js';
import { type ListedTsigKey, TsigKeys } from '../../../../ddns/transfer/tsig-keys.js';
import { DomainError } from '../../../../kernel/errors.js';
import { APP_CONFIG, type AppConfig } from '../../../../platform/config/app-config.js';
import { ZoneListing, type ZoneItem } from '../../../zones/zone-listing.js';
import { delegationLines } from '../../domain/delegation-lines.js';

/** All that the page of a zone shows. */
export interface ZoneDetails {
  readonly zone: ZoneItem;
  readonly records: readonly FixedRecords[];
  readonly secondaries: readonly ListedSecondary[];
  readonly tsigKeys: readonly ListedTsigKey[];
  /** For the parent zone, in presentation format. */
  readonly delegation: readonly string[];
}

/** Gathers what is known of a zone. */
@Injectable()
export class ZoneDetailsReader {
  constructor(
    private readonly zones: ZoneListing,
    private readonly records: FixedRecordService,
    private readonly secondaries: Secondaries,
    private readonly tsigKeys: TsigKeys,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** Asks every secondary, which takes two seconds at most. @throws DomainError `not_found` */
  async read(name: string): Promise<ZoneDetails> {
    const zone = (await this.zones.list()).find((item) => item.zone === name);
    if (!zone) throw new DomainError('not_found', `This server has no zone ${name}.`);
    const [records, secondaries, tsigKeys] = await Promise.all([
      this.records.list(name),
      this.secondaries.list(name),
      this.tsigKeys.list(name),
    ]);
    const delegation = delegationLines(name, this.config.dns.nameServers);
    return { zone, records, secondaries, tsigKeys, delegation };
  }
}
