import { Global, Module } from '@nestjs/common';

import { CertificateSummaries } from '../devices/ports/certificate-summaries.js';
import { DevicesModule } from '../devices/devices.module.js';
import { AccountKeys } from './accounts/account-keys.js';
import { AccountOverview } from './accounts/account-overview.js';
import { AcmeConnector } from './accounts/acme-connector.js';
import { CaAccounts } from './accounts/ca-accounts.js';
import { CaConnections } from './accounts/ca-connections.js';
import { CaList } from './accounts/ca-list.js';
import { CaOverview } from './accounts/ca-overview.js';
import { CaSetup } from './accounts/ca-setup.js';
import { CaWatch } from './accounts/ca-watch.js';
import { KeyRollover } from './accounts/key-rollover.js';
import { RekeyingConnector } from './accounts/rekeying-connector.js';
import { RolloverProbe } from './accounts/rollover-probe.js';
import { AcmeConnections } from './acme/acme-connections.js';
import { CertificateController } from './api/certificate.controller.js';
import { OrderController } from './api/order.controller.js';
import { CertificateStore } from './certificates/certificate-store.js';
import { IssuerCertificateSummaries } from './certificates/issuer-certificate-summaries.js';
import { BucketTable } from './limits/bucket-table.js';
import { CaLimits } from './limits/ca-limits.js';
import { IssuanceBudget } from './limits/issuance-budget.js';
import { AbandonedOrders } from './orders/abandoned-orders.js';
import { DeviceKeys } from './orders/device-keys.js';
import { HopelessOrders } from './orders/hopeless-orders.js';
import { OrderIntake } from './orders/order-intake.js';
import { OrderMoves } from './orders/order-moves.js';
import { OrderReader } from './orders/order-reader.js';
import { OrderRetry } from './orders/order-retry.js';
import { OrderRouting } from './orders/order-routing.js';
import { IssuancePipeline } from './pipeline/issuance-pipeline.js';
import { OrderProgress } from './pipeline/order-progress.js';
import { PipelineProbe } from './pipeline/pipeline-probe.js';
import { Revocations } from './revocation/revocations.js';
import { BucketSweep } from './upkeep/bucket-sweep.js';
import { CaReturn } from './upkeep/ca-return.js';
import { ChallengeSweep } from './upkeep/challenge-sweep.js';
import { IssuerUpkeep } from './upkeep/issuer-upkeep.js';
import { RenewalInfoPolls } from './upkeep/renewal-info-polls.js';
import { SleepingDevices } from './upkeep/sleeping-devices.js';
import { IssuanceSpeed } from './worker/issuance-speed.js';
import { OrderClaims } from './worker/order-claims.js';
import { OrderQueue } from './worker/order-queue.js';
import { OrderWorker } from './worker/order-worker.js';
import { PlannerStore } from './worker/planner-store.js';
import { QueueSignal } from './worker/queue-signal.js';
import { ServerPresence } from './worker/server-presence.js';
import { WaitingReasons } from './worker/waiting-reasons.js';
import { WorkerTimings } from './worker/worker-timings.js';

/** Orders, certificates and the way to the CA. Global, because devices show their certificate by a port of their own. */
@Global()
@Module({
  imports: [DevicesModule],
  controllers: [OrderController, CertificateController],
  providers: [
    // The CAs: connections, our accounts, what has to be there before the first order, and how they are.
    CaList,
    CaWatch,
    CaOverview,
    CaConnections,
    { provide: AcmeConnections, useExisting: CaConnections },
    { provide: AcmeConnector, useClass: RekeyingConnector },
    AccountKeys,
    RolloverProbe,
    KeyRollover,
    AccountOverview,
    CaAccounts,
    CaSetup,
    // Orders: taken, read, claimed, run.
    DeviceKeys,
    OrderIntake,
    OrderReader,
    OrderRetry,
    AbandonedOrders,
    OrderMoves,
    OrderRouting,
    CaLimits,
    BucketTable,
    IssuanceBudget,
    PlannerStore,
    OrderClaims,
    WaitingReasons,
    ServerPresence,
    OrderQueue,
    QueueSignal,
    WorkerTimings,
    IssuanceSpeed,
    OrderWorker,
    IssuancePipeline,
    OrderProgress,
    PipelineProbe,
    // Certificates.
    CertificateStore,
    { provide: CertificateSummaries, useClass: IssuerCertificateSummaries },
    Revocations,
    // What has to happen sooner or later.
    HopelessOrders,
    ChallengeSweep,
    CaReturn,
    RenewalInfoPolls,
    SleepingDevices,
    BucketSweep,
    IssuerUpkeep,
  ],
  exports: [
    AccountOverview,
    KeyRollover,
    BucketTable,
    CaAccounts,
    CaLimits,
    CaList,
    CaOverview,
    CaWatch,
    CertificateStore,
    CertificateSummaries,
    IssuanceBudget,
    IssuanceSpeed,
    OrderIntake,
    OrderReader,
    OrderRetry,
    QueueSignal,
    Revocations,
    WaitingReasons,
  ],
})
export class IssuerModule {}
