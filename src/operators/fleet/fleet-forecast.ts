import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { LIMIT_PROFILE } from '../../issuer/limits/limit-profile.token.js';
import type { LimitProfile } from '../../issuer/domain/limits/limit-profile.js';
import { isShared } from '../../issuer/domain/limits/order-spends.js';
import { forecast, type Forecast } from '../../issuer/domain/planner/forecast.js';
import { domainParts, USUAL_FORECAST, type ForecastInput } from '../../issuer/domain/planner/forecast-input.js';
import { CaAccounts } from '../../issuer/accounts/ca-accounts.js';
import { IssuanceSpeed } from '../../issuer/worker/issuance-speed.js';
import { LIVE_SERVERS } from '../../issuer/worker/server-presence.js';
import { WaitingReasons } from '../../issuer/worker/waiting-reasons.js';
import { Clock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { certificatesInForceSql } from '../devices/certificate-in-force.js';
import { BucketLevels } from './bucket-levels.js';

/** Where no certificate tells: Let's Encrypt's classic lifetime. */
const USUAL_LIFETIME_SECONDS = 90 * 86_400;

/** What a rollout of more devices means for the fleet as it stands. Times are ISO 8601 UTC; null: never. */
export interface FleetForecast extends Omit<Forecast, 'rollout' | 'options'> {
  readonly devices: number;
  readonly established: number;
  readonly waiting: number;
  readonly lifetimeSeconds: number;
  readonly rollout: {
    readonly endsAt: string | null;
    readonly binds: { readonly limit: string; readonly subject?: string };
  };
  readonly options: readonly unknown[];
}

interface FleetRow {
  readonly established: number;
  readonly lifetimeSeconds: number | null;
  readonly servers: number;
}

/** `GET /v1/fleet/forecast`: the same closed form as `fleetcert plan`, from the buckets and the queue as they are. */
@Injectable()
export class FleetForecasts {
  constructor(
    private readonly dataSource: DataSource,
    private readonly accounts: CaAccounts,
    private readonly levels: BucketLevels,
    private readonly reasons: WaitingReasons,
    private readonly speed: IssuanceSpeed,
    private readonly clock: Clock,
    @Inject(LIMIT_PROFILE) private readonly profile: LimitProfile,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** What a forecast is made from, as it is now. @param devices so many more than there are */
  async inputFor(devices: number): Promise<{ readonly input: ForecastInput; readonly waiting: number }> {
    const now = this.clock.now();
    const [fleet, account, buckets, reasons, atFirst] = await Promise.all([
      this.fleet(now),
      this.accounts.registered(),
      this.levels.states(),
      this.reasons.all(now),
      this.reasons.at(this.config.acme.directoryUrl, now),
    ]);
    const waiting = new Map<string, number>();
    for (const { bucket } of atFirst) {
      if (bucket && isShared(bucket.limitName)) waiting.set(bucket.key, (waiting.get(bucket.key) ?? 0) + 1);
    }
    const input: ForecastInput = {
      ...USUAL_FORECAST,
      now: now.getTime(),
      profile: this.profile,
      ...(account && { account: account.url }),
      domains: domainParts(this.config.dns.zones),
      devices,
      established: fleet.established,
      lifetimeSeconds: fleet.lifetimeSeconds ?? USUAL_LIFETIME_SECONDS,
      buckets,
      waiting,
      inFlightLimit: this.config.acme.ordersInFlight * fleet.servers,
      orderSeconds: this.speed.secondsPerOrder,
    };
    return { input, waiting: reasons.size };
  }

  /** @param devices so many more than there are */
  async of(devices: number): Promise<FleetForecast> {
    const { input, waiting } = await this.inputFor(devices);
    const { rollout, options, ...rest } = forecast(input);
    const { binding } = rollout;
    return {
      devices,
      established: input.established,
      waiting,
      lifetimeSeconds: input.lifetimeSeconds,
      rollout: {
        endsAt: isoTime(rollout.endsAt),
        binds:
          binding === 'in-flight' ? { limit: 'in-flight' } : { limit: binding.limitName, subject: binding.subject },
      },
      ...rest,
      options: options.map(({ endsAt, ...option }) => ({ ...option, endsAt: isoTime(endsAt) })),
    };
  }

  /** Devices with a certificate in force, the lifetime of the newest ones, and the servers that work on orders. */
  private async fleet(now: Date): Promise<FleetRow> {
    const rows: FleetRow[] = await this.dataSource.query(
      `SELECT count(*)::int AS established, ${LIVE_SERVERS} AS servers,
              (SELECT round(extract(epoch FROM not_after - not_before))::float8 FROM certificates
                ORDER BY created_at DESC LIMIT 1) AS "lifetimeSeconds"
         FROM (${certificatesInForceSql('not_after')}) AS in_force WHERE not_after > $1`,
      [now],
    );
    return rows[0]!;
  }
}

function isoTime(time: number): string | null {
  return Number.isFinite(time) ? new Date(time).toISOString() : null;
}
