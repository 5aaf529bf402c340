import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { isDown } from '../domain/ca-health.js';
import { CaList } from './ca-list.js';
import { CaWatch } from './ca-watch.js';

/**
 * `ready`: orders are issued there. `setting-up`: there is no account yet. `troubled`: the last try failed for a reason
 * of the CA's. `down`: it did for so long that orders go elsewhere. `paused`: it has paused our account.
 */
export type CaCondition = 'ready' | 'setting-up' | 'troubled' | 'down' | 'paused';

/** A configured CA as operators see it. */
export interface CaOverviewItem {
  readonly name: string;
  readonly directoryUrl: string;
  /** Of a staging: the name of its CA. */
  readonly stagingOf?: string;
  readonly profile?: string;
  /** The setting: a built-in name, or the path of a file. */
  readonly limits: string;
  readonly accountUrl?: string;
  readonly contact?: string;
  readonly registeredAt?: Date;
  /** How it is called in CAA records. */
  readonly caaIdentities: readonly string[];
  readonly condition: CaCondition;
  /** What is wrong, in words, and since when. */
  readonly trouble?: { readonly since: Date; readonly detail: string };
  /** Names that it has paused. */
  readonly pausedNames: readonly string[];
  /** Open orders that are for it at present, and how many of them came from another CA. */
  readonly orders: number;
  readonly ordersFromElsewhere: number;
}

interface KnownRow {
  readonly directory_url: string;
  readonly account_url: string | null;
  readonly contact: string | null;
  readonly registered_at: Date | null;
}

/** What there is to show of the configured CAs, in the order in which orders fall back. */
@Injectable()
export class CaOverview {
  constructor(
    private readonly dataSource: DataSource,
    private readonly list: CaList,
    private readonly watch: CaWatch,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  async read(): Promise<CaOverviewItem[]> {
    const now = this.clock.now().getTime();
    const patience = (this.config.acme.fallback?.afterSeconds ?? Infinity) * 1000;
    const [states, accounts, identities, orders] = await Promise.all([
      this.watch.states(),
      this.dataSource.query<KnownRow[]>(`SELECT directory_url, account_url, contact, registered_at FROM acme_accounts`),
      this.dataSource.query<{ ca: string; caa_identities: string[] | null }[]>(
        `SELECT ca, caa_identities FROM issuance_cas`,
      ),
      this.dataSource.query<{ ca: string; orders: number; away: number }[]>(
        `SELECT coalesce(ca, $1) AS ca, count(*)::int AS orders,
                count(*) FILTER (WHERE ca_why IN ('down', 'paused', 'late'))::int AS away
           FROM issuance_orders WHERE status IN ('queued', 'issuing', 'deferred') GROUP BY 1`,
        [this.list.first.directoryUrl],
      ),
    ]);
    return this.list.all.map((ca) => {
      const { directoryUrl } = ca;
      const state = states.get(directoryUrl);
      const account = accounts.find(({ directory_url }) => directory_url === directoryUrl);
      const waiting = orders.find((row) => row.ca === directoryUrl);
      const trouble = state?.pause ?? state?.trouble;
      return {
        name: ca.name,
        directoryUrl,
        ...(ca.stagingOf !== undefined && { stagingOf: this.list.nameOf(ca.stagingOf) }),
        ...(ca.profile !== undefined && { profile: ca.profile }),
        limits: ca.limits,
        ...(account?.account_url && { accountUrl: account.account_url }),
        ...(account?.contact && { contact: account.contact }),
        ...(account?.registered_at && { registeredAt: account.registered_at }),
        caaIdentities: ca.caaIdentities ?? identities.find((row) => row.ca === directoryUrl)?.caa_identities ?? [],
        condition: state?.paused
          ? 'paused'
          : isDown(state?.trouble, now, patience)
            ? 'down'
            : state?.trouble
              ? 'troubled'
              : account?.account_url
                ? 'ready'
                : 'setting-up',
        ...(trouble && { trouble: { since: new Date(trouble.since), detail: trouble.detail } }),
        pausedNames: [...(state?.pausedNames ?? [])].toSorted(),
        orders: waiting?.orders ?? 0,
        ordersFromElsewhere: waiting?.away ?? 0,
      };
    });
  }
}
