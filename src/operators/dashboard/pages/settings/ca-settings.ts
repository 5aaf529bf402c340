import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { CaList, type ListedCa } from '../../../../issuer/accounts/ca-list.js';
import { type CaState, CaWatch } from '../../../../issuer/accounts/ca-watch.js';
import type { LimitProfile } from '../../../../issuer/domain/limits/limit-profile.js';
import { CA_LIMITS } from '../../../../issuer/limits/limit-profile.token.js';
import { APP_CONFIG, type AppConfig } from '../../../../platform/config/app-config.js';

/** A CA that is ordered from, and our account there. */
export interface ShownCa {
  readonly ca: ListedCa;
  readonly isSandbox: boolean;
  readonly limits?: LimitProfile;
  readonly state?: CaState;
  /** Absent until the account is registered. */
  readonly account?: CaAccount;
  /** Orders of it that are worked on at this moment. */
  readonly ordersRunning: number;
}

export interface CaAccount {
  readonly accountUrl: string | null;
  readonly contact: string | null;
  readonly eabKid: string | null;
  readonly registeredAt: Date | null;
}

export interface CaSettings {
  /** In the order in which orders fall back, each with its staging. */
  readonly cas: readonly ShownCa[];
  /** How many orders this server works on at once. */
  readonly ordersInFlight: number;
  /** How many all servers work on at this moment. */
  readonly ordersRunning: number;
}

type AccountRow = CaAccount & { readonly directoryUrl: string };

/** Reads the CAs as they are configured, and as they are. */
@Injectable()
export class CaSettingsReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly list: CaList,
    private readonly watch: CaWatch,
    @Inject(CA_LIMITS) private readonly limits: ReadonlyMap<string, LimitProfile>,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  async read(): Promise<CaSettings> {
    const [accounts, running, states] = await Promise.all([
      this.dataSource.query<AccountRow[]>(
        `SELECT directory_url AS "directoryUrl", account_url AS "accountUrl", contact, eab_kid AS "eabKid", registered_at AS "registeredAt"
           FROM acme_accounts`,
      ),
      this.dataSource.query<{ ca: string | null; orders: number }[]>(
        `SELECT a.directory_url AS ca, count(*)::int AS orders FROM issuance_orders o LEFT JOIN acme_accounts a ON a.id = o.account_id
          WHERE o.lease_id IS NOT NULL AND o.lease_expires_at > clock_timestamp() GROUP BY 1`,
      ),
      this.watch.states(),
    ]);
    return {
      cas: this.list.all.map((ca) => ({
        ca,
        isSandbox: this.config.acme.sandbox && ca.directoryUrl === this.config.acme.directoryUrl,
        limits: this.limits.get(ca.directoryUrl),
        state: states.get(ca.directoryUrl),
        account: accounts.find(({ directoryUrl }) => directoryUrl === ca.directoryUrl),
        ordersRunning: running.find((row) => row.ca === ca.directoryUrl)?.orders ?? 0,
      })),
      ordersInFlight: this.config.acme.ordersInFlight,
      ordersRunning: running.reduce((sum, { orders }) => sum + orders, 0),
    };
  }
}
