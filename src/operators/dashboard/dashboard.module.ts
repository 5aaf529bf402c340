import { type MiddlewareConsumer, Module, type NestModule, type Type } from '@nestjs/common';

import { DevicesModule } from '../../devices/devices.module.js';
import { IssuerModule } from '../../issuer/issuer.module.js';
import { OperatorsModule } from '../operators.module.js';
import { AssetsController } from './http/assets.controller.js';
import { dashboardHttp, errorPagesForBrowsers } from './http/dashboard-http.js';
import { LiveController } from './live/live.controller.js';
import { LiveFleet } from './live/live-fleet.js';
import { CheckPageController } from './pages/check/check.controller.js';
import { DeviceOrders } from './pages/devices/device-orders.js';
import { DevicePageController } from './pages/devices/device.controller.js';
import { DevicesPageController } from './pages/devices/devices.controller.js';
import { DnsAnswers } from './pages/devices/dns-answers.js';
import { EnrollmentPageController } from './pages/enrollment/enrollment.controller.js';
import { CertificateExpiries } from './pages/fleet/certificate-expiries.js';
import { FleetPageController } from './pages/fleet/fleet.controller.js';
import { QueuePageController } from './pages/queue/queue.controller.js';
import { WaitingOrders } from './pages/queue/waiting-orders.js';
import { CaAccountReader } from './pages/settings/ca-account.js';
import { SettingsPageController } from './pages/settings/settings.controller.js';
import { ZoneDetailsReader } from './pages/zones/zone-details.js';
import { ZonePageController } from './pages/zones/zone.controller.js';
import { ZonesPageController } from './pages/zones/zones.controller.js';
import { SessionGuard } from './session/session.guard.js';
import { Sessions } from './session/sessions.js';
import { SignInController } from './session/sign-in.controller.js';

/** To add a page: its controller here, and a line in html/navigation.ts. */
const CONTROLLERS: Type[] = [
  AssetsController,
  CheckPageController,
  DevicePageController,
  DevicesPageController,
  EnrollmentPageController,
  FleetPageController,
  LiveController,
  QueuePageController,
  SettingsPageController,
  SignInController,
  ZonePageController,
  ZonesPageController,
];

/** What operators look at in a browser, at `/`. */
@Module({
  imports: [DevicesModule, IssuerModule, OperatorsModule],
  controllers: CONTROLLERS,
  providers: [
    CaAccountReader,
    CertificateExpiries,
    DeviceOrders,
    DnsAnswers,
    LiveFleet,
    SessionGuard,
    Sessions,
    WaitingOrders,
    ZoneDetailsReader,
  ],
})
export class DashboardModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(errorPagesForBrowsers).forRoutes('{*path}');
    consumer.apply(dashboardHttp).forRoutes(...CONTROLLERS);
  }
}
