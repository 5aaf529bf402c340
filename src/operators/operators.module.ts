import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';

import { DevicesModule } from '../devices/devices.module.js';
import { DoorsModule } from '../doors/doors.module.js';
import { IssuerModule } from '../issuer/issuer.module.js';
import { AccessGrants } from './access/access-grants.js';
import { DeviceAccessController } from './access/device-access.controller.js';
import { OperatorAccessController } from './access/operator-access.controller.js';
import { AccountsController } from './api/accounts.controller.js';
import { ApiKeysController } from './api/api-keys.controller.js';
import { DeviceBulkController } from './api/device-bulk.controller.js';
import { DevicesController } from './api/devices.controller.js';
import { EnrollmentKeysController } from './api/enrollment-keys.controller.js';
import { FleetController } from './api/fleet.controller.js';
import { InventoryExportsController } from './api/inventory-exports.controller.js';
import { LimitsController } from './api/limits.controller.js';
import { OrdersController } from './api/orders.controller.js';
import { ZonesController } from './api/zones.controller.js';
import { AuditLog } from './audit/audit-log.js';
import { AdminToken } from './auth/admin-token.js';
import { ApiKeyEntity } from './auth/api-key.entity.js';
import { ApiKeys } from './auth/api-keys.js';
import { OperatorGuard } from './auth/operator.guard.js';
import { BulkActions } from './bulk/bulk-actions.js';
import { BulkJobs } from './bulk/bulk-jobs.js';
import { BulkRunner } from './bulk/bulk-runner.js';
import { DeviceListing } from './devices/device-listing.js';
import { DeviceRemoval } from './devices/device-removal.js';
import { Exports } from './export/exports.js';
import { BucketLevels } from './fleet/bucket-levels.js';
import { FleetForecasts } from './fleet/fleet-forecast.js';
import { FleetSummaries } from './fleet/fleet-summary.js';
import { OrderListing } from './orders/order-listing.js';
import { ZoneListing } from './zones/zone-listing.js';

/** What operators see and steer. */
@Module({
  imports: [TypeOrmModule.forFeature([ApiKeyEntity]), DevicesModule, DoorsModule, IssuerModule],
  // Routes are matched in this order: `devices/bulk` and `devices/export` before `devices/:id`.
  controllers: [
    AccountsController,
    DeviceBulkController,
    InventoryExportsController,
    ApiKeysController,
    DeviceAccessController,
    DevicesController,
    EnrollmentKeysController,
    FleetController,
    LimitsController,
    OrdersController,
    OperatorAccessController,
    ZonesController,
  ],
  providers: [
    AccessGrants,
    AdminToken,
    ApiKeys,
    AuditLog,
    BucketLevels,
    BulkActions,
    BulkJobs,
    BulkRunner,
    DeviceListing,
    DeviceRemoval,
    Exports,
    FleetForecasts,
    FleetSummaries,
    OperatorGuard,
    OrderListing,
    ZoneListing,
  ],
  exports: [
    AdminToken,
    ApiKeys,
    AuditLog,
    BucketLevels,
    BulkJobs,
    DeviceListing,
    DeviceRemoval,
    Exports,
    FleetForecasts,
    FleetSummaries,
    OrderListing,
    ZoneListing,
  ],
})
export class OperatorsModule {}
