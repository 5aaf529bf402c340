import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto';

import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';

import type { ApexRecords } from '../../../../src/ddns/publishing/apex-records.js';
import type { ChallengeRecords } from '../../../../src/ddns/publishing/challenge-records.js';
import { DeviceFlags } from '../../../../src/devices/device-flags.js';
import type { Device } from '../../../../src/devices/domain/device.js';
import { CaAccounts, planningAccount } from '../../../../src/issuer/accounts/ca-accounts.js';
import type { AcmeConnector } from '../../../../src/issuer/accounts/acme-connector.js';
import { CaList } from '../../../../src/issuer/accounts/ca-list.js';
import { CaSetup } from '../../../../src/issuer/accounts/ca-setup.js';
import { CaWatch } from '../../../../src/issuer/accounts/ca-watch.js';
import { CertificateStore } from '../../../../src/issuer/certificates/certificate-store.js';
import { BUILTIN_PROFILES } from '../../../../src/issuer/domain/limits/builtin-profiles.js';
import type { LimitProfile } from '../../../../src/issuer/domain/limits/limit-profile.js';
import type { PipelineStep } from '../../../../src/issuer/domain/pipeline-step.js';
import { BucketTable } from '../../../../src/issuer/limits/bucket-table.js';
import { IssuanceBudget } from '../../../../src/issuer/limits/issuance-budget.js';
import { DeviceKeys } from '../../../../src/issuer/orders/device-keys.js';
import { HopelessOrders } from '../../../../src/issuer/orders/hopeless-orders.js';
import { OrderIntake } from '../../../../src/issuer/orders/order-intake.js';
import { type ReadOrder, OrderReader } from '../../../../src/issuer/orders/order-reader.js';
import { AbandonedOrders } from '../../../../src/issuer/orders/abandoned-orders.js';
import { OrderMoves } from '../../../../src/issuer/orders/order-moves.js';
import { OrderRetry } from '../../../../src/issuer/orders/order-retry.js';
import { OrderRouting } from '../../../../src/issuer/orders/order-routing.js';
import { IssuancePipeline } from '../../../../src/issuer/pipeline/issuance-pipeline.js';
import { OrderProgress } from '../../../../src/issuer/pipeline/order-progress.js';
import { PipelineProbe } from '../../../../src/issuer/pipeline/pipeline-probe.js';
import { Revocations } from '../../../../src/issuer/revocation/revocations.js';
import { CaReturn } from '../../../../src/issuer/upkeep/ca-return.js';
import { RenewalInfoPolls } from '../../../../src/issuer/upkeep/renewal-info-polls.js';
import { SleepingDevices } from '../../../../src/issuer/upkeep/sleeping-devices.js';
import { ChallengeSweep } from '../../../../src/issuer/upkeep/challenge-sweep.js';
import { IssuanceSpeed } from '../../../../src/issuer/worker/issuance-speed.js';
import { OrderClaims } from '../../../../src/issuer/worker/order-claims.js';
import { type ClaimedOrder, OrderQueue } from '../../../../src/issuer/worker/order-queue.js';
import { OrderWorker } from '../../../../src/issuer/worker/order-worker.js';
import { PlannerStore } from '../../../../src/issuer/worker/planner-store.js';
import { QueueSignal } from '../../../../src/issuer/worker/queue-signal.js';
import { ServerPresence } from '../../../../src/issuer/worker/server-presence.js';
import { WaitingReasons } from '../../../../src/issuer/worker/waiting-reasons.js';
import { WorkerTimings } from '../../../../src/issuer/worker/worker-timings.js';
import { Clock } from '../../../../src/kernel/clock.js';
import type { AcmeConfig, AppConfig } from '../../../../src/platform/config/app-config.js';
import { NotificationListener } from '../../../../src/platform/database/notification-listener.js';
import { SecretBox } from '../../../../src/platform/security/secret-box.js';
import { aCsr, toPem } from '../../../support/csr-builder.js';
import type { TestDatabase } from '../../../support/database.js';
import { DIRECTORY_URL, FakeCa } from './fake-ca.js';
import { FakeZone } from './fake-zone.js';

export const ZONE = 'fleet.test';

/** Goes with the real time, and can be put forward. */
export class ShiftedClock extends Clock {
  #milliseconds = 0;

  now(): Date {
    return new Date(Date.now() + this.#milliseconds);
  }

  advanceSeconds(seconds: number): void {
    this.#milliseconds += seconds * 1000;
  }
}

/** Tells a test of each step; what it throws ends the run there. */
export class ListeningProbe extends PipelineProbe {
  onStep: (step: PipelineStep, orderId: string) => void = () => undefined;

  override reached(step: PipelineStep, orderId: string): void {
    this.onStep(step, orderId);
  }
}

export interface TestIssuerOptions {
  readonly ca?: FakeCa;
  readonly zone?: FakeZone;
  readonly clock?: ShiftedClock;
  readonly ordersInFlight?: number;
  /** The CA's limits; default: none. */
  readonly profile?: LimitProfile;
  readonly secretKey?: Buffer;
  readonly directoryUrl?: string;
  /** More CAs, stagings, and when orders fall back to them; `connector` then knows the way to all of them. */
  readonly acme?: Pick<AcmeConfig, 'name' | 'staging' | 'others' | 'fallback'>;
  readonly connector?: AcmeConnector;
  /** The limits of the CAs after the first one, by directory URL; default: as the first one's. */
  readonly profiles?: ReadonlyMap<string, LimitProfile>;
  readonly timings?: Partial<WorkerTimings>;
}

/** One server's issuer, put together by hand on a fake CA and a fake zone. Several may share a database, CA and zone. */
export class TestIssuer {
  readonly clock: ShiftedClock;
  readonly zone: FakeZone;
  readonly ca: FakeCa;
  readonly probe = new ListeningProbe();
  readonly dataSource: DataSource;
  readonly accounts: CaAccounts;
  readonly setup: CaSetup;
  readonly list: CaList;
  readonly watch: CaWatch;
  readonly routing: OrderRouting;
  readonly retry: OrderRetry;
  readonly queue: OrderQueue;
  readonly buckets = new BucketTable();
  readonly budget: IssuanceBudget;
  readonly presence: ServerPresence;
  readonly progress: OrderProgress;
  readonly certificates: CertificateStore;
  readonly reasons: WaitingReasons;
  readonly reader: OrderReader;
  readonly intake: OrderIntake;
  readonly pipeline: IssuancePipeline;
  readonly worker: OrderWorker;
  readonly revocations: Revocations;
  readonly hopeless: HopelessOrders;
  readonly sweep: ChallengeSweep;
  readonly caReturn: CaReturn;
  readonly renewalInfo: RenewalInfoPolls;
  readonly sleeping: SleepingDevices;
  readonly signal = new QueueSignal();
  readonly #notifications: NotificationListener;

  constructor(database: TestDatabase, options: TestIssuerOptions = {}) {
    Logger.overrideLogger(false);
    this.dataSource = database.dataSource;
    this.clock = options.clock ?? new ShiftedClock();
    const zone = (this.zone = options.zone ?? new FakeZone());
    this.ca = options.ca ?? new FakeCa((name, value) => zone.isServed(`_acme-challenge.${name}`, value));
    const config = {
      dns: { zones: [ZONE] },
      http: { publicUrl: 'https://fleet.test' },
      acme: {
        directoryUrl: options.directoryUrl ?? DIRECTORY_URL,
        ordersInFlight: options.ordersInFlight ?? 4,
        renewSilentDays: 120,
        ...options.acme,
      },
    } as unknown as AppConfig;
    const { dataSource, clock, signal } = this;
    const ca = options.connector ?? this.ca;
    const list = (this.list = new CaList(config));
    const watch = (this.watch = new CaWatch(dataSource, list, clock));
    const profile = options.profile ?? BUILTIN_PROFILES.none;
    const budget = (this.budget = new IssuanceBudget(this.buckets, profile, options.profiles));
    const planner = new PlannerStore();
    const claims = new OrderClaims(dataSource, budget, this.buckets, planner, signal, list);
    const keys = new DeviceKeys();
    const speed = new IssuanceSpeed();
    const timings = { ...new WorkerTimings(), pollSeconds: 0.2, firstSetupRetrySeconds: 0.1, ...options.timings };
    this.accounts = new CaAccounts(dataSource, new SecretBox(options.secretKey ?? SECRET_KEY), ca, clock, list);
    this.setup = new CaSetup(this.accounts, ca, zone as unknown as ApexRecords, dataSource, list, config);
    this.presence = new ServerPresence(dataSource);
    this.queue = new OrderQueue(dataSource, claims, budget);
    this.progress = new OrderProgress(dataSource, budget, signal);
    this.certificates = new CertificateStore(dataSource);
    this.reasons = new WaitingReasons(
      dataSource,
      this.accounts,
      budget,
      this.buckets,
      planner,
      speed,
      list,
      watch,
      config,
    );
    this.reader = new OrderReader(dataSource, speed, this.reasons, config);
    this.hopeless = new HopelessOrders(budget);
    const flags = new DeviceFlags(dataSource);
    this.intake = new OrderIntake(dataSource, keys, flags, this.reader, signal, budget, list, clock);
    this.retry = new OrderRetry(dataSource, signal, list, watch, clock);
    this.pipeline = new IssuancePipeline(
      zone as unknown as ChallengeRecords,
      this.certificates,
      this.probe,
      this.progress,
      this.setup,
      watch,
      list,
      clock,
    );
    const challenges = zone as unknown as ChallengeRecords;
    const moves = new OrderMoves(budget, watch, list);
    this.routing = new OrderRouting(
      dataSource,
      list,
      watch,
      moves,
      new AbandonedOrders(this.accounts, watch, challenges),
      this.reasons,
      clock,
      config,
    );
    this.revocations = new Revocations(dataSource, this.accounts, keys, this.hopeless, clock);
    this.sweep = new ChallengeSweep(dataSource, zone as unknown as ChallengeRecords, clock);
    this.caReturn = new CaReturn(ca, this.queue, watch, list, signal, clock);
    this.renewalInfo = new RenewalInfoPolls(dataSource, this.accounts, list, clock);
    this.sleeping = new SleepingDevices(dataSource, this.intake, clock, config);
    this.#notifications = new NotificationListener(database.url);
    this.worker = new OrderWorker(
      this.queue,
      this.presence,
      this.pipeline,
      this.setup,
      list,
      watch,
      this.routing,
      signal,
      speed,
      timings,
      this.#notifications,
      clock,
      config,
    );
  }

  start(): void {
    this.worker.onApplicationBootstrap();
  }

  async stop(): Promise<void> {
    await this.worker.onModuleDestroy();
    await this.#notifications.stop();
  }

  /** Claims for a server of that name, which shows no presence, at a CA (default: the first). */
  async claim(name: string, count: number, leaseSeconds?: number, server = 1, ca?: string): Promise<ClaimedOrder[]> {
    const account = planningAccount(await this.setup.ready(ca));
    return this.queue.claim({ name, server }, account, count, this.clock.now(), leaseSeconds);
  }

  /** Claims what is due and runs it to its end, in this call and without the worker. @returns how the runs ended */
  async runDue(count = 10, ca?: string): Promise<(string | undefined)[]> {
    const account = await this.setup.ready(ca);
    const claimed = await this.claim('test', count, undefined, 1, ca);
    return Promise.all(claimed.map((order) => this.pipeline.run(order, account, new AbortController().signal)));
  }

  /** A new CSR for the key. */
  order(device: Device, key: KeyObject = aKey(), names: readonly string[] = [device.name]): Promise<ReadOrder> {
    return this.intake.submit(device, csrOf(key, names));
  }

  read(device: Device, orderId: string): Promise<ReadOrder> {
    return this.reader.read(device.deviceId, orderId, this.clock.now());
  }

  async row(orderId: string): Promise<Record<string, unknown>> {
    const rows: Record<string, unknown>[] = await this.dataSource.query(`SELECT * FROM issuance_orders WHERE id = $1`, [
      orderId,
    ]);
    return rows[0]!;
  }
}

const SECRET_KEY = randomBytes(32);

/** A new key, EC P-256. */
export function aKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

export function csrOf(key: KeyObject, names: readonly string[]): string {
  return toPem(aCsr({ key, altNames: { dns: names } }));
}

/** Empties the tables. */
export async function resetIssuer(database: TestDatabase): Promise<void> {
  await database.dataSource.query(
    'TRUNCATE certificates, issuance_orders, device_keys, acme_accounts, devices, issuance_buckets, issuance_planner, issuance_cas, issuance_pauses CASCADE',
  );
}

/** A device in the database. */
export async function aDevice(dataSource: DataSource, change: Partial<Device> = {}): Promise<Device> {
  const label = randomBytes(6).toString('hex');
  const device: Device = {
    deviceId: randomUUID(),
    name: `${label}.${ZONE}`,
    zone: ZONE,
    state: 'active',
    addresses: [],
    wildcard: false,
    aliases: [],
    ...change,
  };
  await dataSource.query(
    `INSERT INTO devices (id, label, zone, name, state, addresses, enrolled_at) VALUES ($1, $2, $3, $4, $5, '{}', now())`,
    [device.deviceId, label, device.zone, device.name, device.state],
  );
  return device;
}
