import { type MiddlewareConsumer, Module, type NestModule, type Type } from '@nestjs/common';

import { ApiTlsModule } from '../../api-tls/api-tls.module.js';
import { DevicesModule } from '../../devices/devices.module.js';
import { IssuerModule } from '../../issuer/issuer.module.js';
import { MonitoringModule } from '../monitoring.module.js';
import { OperatorsModule } from '../operators.module.js';
import { AssetsController } from './http/assets.controller.js';
import { dashboardHttp, errorPagesForBrowsers } from './http/dashboard-http.js';
import { LiveChanges } from './live/live-changes.js';
import { LiveController } from './live/live.controller.js';
import { LiveFleet } from './live/live-fleet.js';
import { PageVersions } from './live/page-versions.js';
import { AlarmsPageController } from './pages/alarms/alarms.controller.js';
import { OpenAlarms } from './pages/alarms/open-alarms.js';
import { AuditPageController } from './pages/audit/audit.controller.js';
import { BulkPageController } from './pages/bulk/bulk.controller.js';
import { CheckPageController } from './pages/check/check.controller.js';
import { AddressHistory } from './pages/devices/address-history.js';
import { DeviceCertificatesReader } from './pages/devices/device-certificates.js';
import { DeviceOrders } from './pages/devices/device-orders.js';
import { DevicePageController } from './pages/devices/device.controller.js';
import { DevicesPageController } from './pages/devices/devices.controller.js';
import { DnsAnswers } from './pages/devices/dns-answers.js';
import { EnrollmentPageController } from './pages/enrollment/enrollment.controller.js';
import { EventsPageController } from './pages/events/events.controller.js';
import { CertificateExpiries } from './pages/fleet/certificate-expiries.js';
import { FleetOverviews } from './pages/fleet/fleet-overview.js';
import { FleetPageController } from './pages/fleet/fleet.controller.js';
import { Rollouts } from './pages/fleet/rollouts.js';
import { QueuePageController } from './pages/queue/queue.controller.js';
import { WaitingOrders } from './pages/queue/waiting-orders.js';
import { CaSettingsReader } from './pages/settings/ca-settings.js';
import { SettingsAnswer } from './pages/settings/settings-answer.js';
import { SettingsPageController } from './pages/settings/settings.controller.js';
import { WebhookPageController } from './pages/settings/webhooks.controller.js';
import { ZoneDetailsReader } from './pages/zones/zone-details.js';
import { ZoneExaminations } from './pages/zones/zone-examination.js';
import { ZonePageController } from './pages/zones/zone.controller.js';
import { ZonesPageController } from './pages/zones/zones.controller.js';
import { SessionGuard } from './session/session.guard.js';
import { Sessions } from './session/sessions.js';
import { SignInController } from './session/sign-in.controller.js';

/**
 * To add a page: its controller here, and a line in html/navigation.ts. Routes are matched in this order: `devices/bulk`
 * and `devices/export` before `devices/:id`.
 */
const CONTROLLERS: Type[] = [
  AlarmsPageController,
  AssetsController,
  AuditPageController,
  BulkPageController,
  CheckPageController,
  DevicesPageController,
  DevicePageController,
  EnrollmentPageController,
  EventsPageController,
  FleetPageController,
  LiveController,
  QueuePageController,
  SettingsPageController,
  SignInController,
  WebhookPageController,
  ZonePageController,
  ZonesPageController,
];

/** What operators look at in a browser, at `/`. */
@Module({
  imports: [ApiTlsModule, DevicesModule, IssuerModule, MonitoringModule, OperatorsModule],
  controllers: CONTROLLERS,
  providers: [
    AddressHistory,
    CaSettingsReader,
    CertificateExpiries,
    DeviceCertificatesReader,
    DeviceOrders,
    DnsAnswers,
    FleetOverviews,
    LiveChanges,
    LiveFleet,
    OpenAlarms,
    PageVersions,
    Rollouts,
    SessionGuard,
    Sessions,
    SettingsAnswer,
    WaitingOrders,
    ZoneDetailsReader,
    ZoneExaminations,
  ],
})
export class DashboardModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(errorPagesForBrowsers, dashboardHttp).forRoutes('{*path}');
  }
}
