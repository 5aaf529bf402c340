import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { CaAccounts } from '../../issuer/accounts/ca-accounts.js';
import { FULL_BUCKET, primed, tokensAt, type BucketState } from '../../issuer/domain/limits/bucket.js';
import { bucketKey, splitBucketKey, type BucketKey } from '../../issuer/domain/limits/bucket-key.js';
import { isLimitName, ORDER_LIMITS, type LimitName } from '../../issuer/domain/limits/limit-name.js';
import { gcraLimit, valuesFor } from '../../issuer/domain/limits/limit-profile.js';
import { limitRule } from '../../issuer/domain/limits/limit-rule.js';
import { isShared } from '../../issuer/domain/limits/order-spends.js';
import { registeredDomain } from '../../issuer/domain/limits/registered-domain.js';
import { BucketTable } from '../../issuer/limits/bucket-table.js';
import { CaLimits, type LimitedCa } from '../../issuer/limits/ca-limits.js';
import { QueueSignal } from '../../issuer/worker/queue-signal.js';
import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';

/** A bucket of the CA's limits that orders share, as far as it is known here. */
export interface BucketLevel {
  /** How people call the CA; absent where there is but one. */
  readonly ca?: string;
  readonly limit: LimitName;
  /** The registered domain, or the account's URL. */
  readonly subject: string;
  /** For people: "new orders of the account". */
  readonly title: string;
  readonly capacity: number;
  /** Whole tokens that may be spent now; those of orders in flight are taken. */
  readonly level: number;
  readonly reserved: number;
  /** One more every so many seconds. */
  readonly refillSeconds: number;
  /** Seconds until it is full, when nothing more is spent; 0: it is full. */
  readonly secondsUntilFull: number;
}

/** The levels of the shared buckets, and setting them to what the CA knows better. */
@Injectable()
export class BucketLevels {
  constructor(
    private readonly dataSource: DataSource,
    private readonly accounts: CaAccounts,
    private readonly buckets: BucketTable,
    private readonly signal: QueueSignal,
    private readonly clock: Clock,
    private readonly limits: CaLimits,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** Of each CA: of the account, of our zones' registered domains, and of whatever else was spent from. */
  async read(): Promise<BucketLevel[]> {
    const levels = await Promise.all(
      this.limits.all.map(async (ca) => {
        const states = await this.states(ca.directoryUrl);
        const keys = new Set([...(await this.expectedKeys(ca)), ...states.keys()]);
        const now = this.clock.now().getTime();
        return [...keys].toSorted().flatMap((key) => this.levelOf(ca, key, states.get(key) ?? FULL_BUCKET, now));
      }),
    );
    return levels.flat();
  }

  /** The shared buckets of a CA (default: the first) that are not full. */
  states(ca = this.limits.first.directoryUrl): Promise<Map<BucketKey, BucketState>> {
    return this.buckets.all(this.dataSource.manager, ca, ORDER_LIMITS.filter(isShared));
  }

  /**
   * Sets how many are left in a bucket, by what the CA's staff, crt.sh or an operator knows.
   * @param subject absent: the account, or the registered domain of the one zone
   * @param caName absent: the first CA
   * @throws DomainError `invalid_request`
   */
  async prime(limit: string, subject: string | undefined, remaining: number, caName?: string): Promise<BucketLevel> {
    const ca = caName === undefined ? this.limits.first : this.limits.named(caName);
    if (!isLimitName(limit) || !isShared(limit)) {
      throw new DomainError(
        'invalid_request',
        `The limits that can be set are ${ORDER_LIMITS.filter(isShared).join(', ')}.`,
      );
    }
    const key = bucketKey(limit, await this.subjectOf(ca, limit, subject));
    const { subject: of } = splitBucketKey(key);
    const values = valuesFor(ca.profile, limit, of);
    if (values === null) throw new DomainError('invalid_request', `The configured CA has no limit ${limit}.`);
    if (remaining > values.burst) {
      throw new DomainError('invalid_request', `At most ${values.burst} can be left of ${limit}.`);
    }
    const now = this.clock.now().getTime();
    const state = await this.dataSource.transaction(async (transaction) => {
      const known = (await this.buckets.lock(transaction, ca.directoryUrl, [key])).get(key) ?? FULL_BUCKET;
      const after = primed(gcraLimit(values), now, remaining, known.reserved);
      await this.buckets.write(transaction, ca.directoryUrl, new Map([[key, after]]));
      await this.signal.announce(transaction);
      return after;
    });
    return this.levelOf(ca, key, state, now)[0]!;
  }

  private async expectedKeys(ca: LimitedCa): Promise<BucketKey[]> {
    const account = await this.accounts.registered(ca.directoryUrl);
    return [
      ...(account ? [bucketKey('new-orders', account.url)] : []),
      // In a zone on the Public Suffix List every device is a domain of its own.
      ...this.config.dns.zones
        .map((zone) => [`device.${zone}`, registeredDomain(`device.${zone}`)] as const)
        .filter(([device, domain]) => domain !== device)
        .map(([, domain]) => bucketKey('certificates-per-domain', domain)),
    ];
  }

  private async subjectOf(ca: LimitedCa, limit: LimitName, subject: string | undefined): Promise<string> {
    if (subject !== undefined)
      return limitRule(limit).scope === 'registered-domain' ? registeredDomain(subject) : subject;
    const expected = (await this.expectedKeys(ca)).filter((key) => splitBucketKey(key).limit === limit);
    if (new Set(expected).size === 1) return splitBucketKey(expected[0]!).subject;
    throw new DomainError('invalid_request', `Say which bucket of ${limit}: there is not exactly one.`);
  }

  private levelOf({ caName, profile }: LimitedCa, key: BucketKey, bucket: BucketState, now: number): BucketLevel[] {
    const { limit, subject } = splitBucketKey(key);
    const values = valuesFor(profile, limit, subject);
    if (values === null) return [];
    const gcra = gcraLimit(values);
    return [
      {
        ...(caName !== undefined && { ca: caName }),
        limit,
        subject,
        title: limitRule(limit).title,
        capacity: values.burst,
        level: Math.max(0, Math.floor(tokensAt(gcra, bucket, now) + 1e-9)),
        reserved: bucket.reserved,
        refillSeconds: gcra.intervalMilliseconds / 1000,
        secondsUntilFull: Math.max(0, Math.ceil((bucket.tat - now) / 1000)),
      },
    ];
  }
}
