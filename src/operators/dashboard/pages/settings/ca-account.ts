import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { APP_CONFIG, type AppConfig } from '../../../../platform/config/app-config.js';

/** The CA that is ordered from, and our account there. */
export interface CaAccount {
  readonly directoryUrl: string;
  readonly isSandbox: boolean;
  readonly profile?: string;
  readonly limits: string;
  /** Absent until the account is registered. */
  readonly accountUrl: string | null;
  readonly contact: string | null;
  readonly registeredAt: Date | null;
  /** How many orders this server works on at once. */
  readonly ordersInFlight: number;
  /** How many all servers work on at this moment. */
  readonly ordersRunning: number;
}

/** Reads the CA's settings as they are in force. */
@Injectable()
export class CaAccountReader {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  async read(): Promise<CaAccount> {
    const { directoryUrl, sandbox, profile, limits, ordersInFlight } = this.config.acme;
    const [accounts, running] = await Promise.all([
      this.dataSource.query<Pick<CaAccount, 'accountUrl' | 'contact' | 'registeredAt'>[]>(
        `SELECT account_url AS "accountUrl", contact, registered_at AS "registeredAt" FROM acme_accounts WHERE directory_url = $1`,
        [directoryUrl],
      ),
      this.dataSource.query<{ orders: number }[]>(
        `SELECT count(*)::int AS orders FROM issuance_orders WHERE status = 'issuing' AND lease_expires_at > clock_timestamp()`,
      ),
    ]);
    const account = accounts[0] ?? { accountUrl: null, contact: null, registeredAt: null };
    const ordersRunning = running[0]?.orders ?? 0;
    return { directoryUrl, isSandbox: sandbox, profile, limits, ordersInFlight, ordersRunning, ...account };
  }
}
