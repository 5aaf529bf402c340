import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';

import { APP_CONFIG } from '../platform/config/app-config.js';
import { AlarmBook } from './alarms/alarm-book.js';
import { AlarmListing } from './alarms/alarm-listing.js';
import { AlarmScan } from './alarms/alarm-scan.js';
import { delegationLook } from './alarms/delegation-look.js';
import { DELEGATION_LOOK, DelegationScan } from './alarms/delegation-scan.js';
import { AlarmsController } from './api/alarms.controller.js';
import { AuditController } from './api/audit.controller.js';
import { EventsController } from './api/events.controller.js';
import { LogExportsController } from './api/log-exports.controller.js';
import { WebhooksController } from './api/webhooks.controller.js';
import { AuditInterceptor } from './audit/audit.interceptor.js';
import { EventListing } from './events/event-listing.js';
import { EventRetention } from './events/event-retention.js';
import { EventStreams } from './events/event-streams.js';
import { EventTail } from './events/event-tail.js';
import { MailDeliveries } from './mail/mail-deliveries.js';
import { MailFanOut } from './mail/mail-fan-out.js';
import { MailWorker } from './mail/mail-worker.js';
import { DnsMetrics } from './metrics/dns-metrics.js';
import { FleetFiguresReader } from './metrics/fleet-figures.js';
import { FleetMetrics } from './metrics/fleet-metrics.js';
import { IssuanceMetrics } from './metrics/issuance-metrics.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { OperatorsModule } from './operators.module.js';
import { WebhookDeliveries } from './webhooks/webhook-deliveries.js';
import { WebhookFanOut } from './webhooks/webhook-fan-out.js';
import { WebhookWorker } from './webhooks/webhook-worker.js';
import { Webhooks } from './webhooks/webhooks.js';

/** What happened, who did it, and who is told. */
@Module({
  imports: [OperatorsModule],
  controllers: [
    AlarmsController,
    AuditController,
    EventsController,
    LogExportsController,
    MetricsController,
    WebhooksController,
  ],
  providers: [
    { provide: APP_INTERCEPTOR, useClass: AuditInterceptor },
    EventListing,
    EventRetention,
    EventStreams,
    EventTail,
    AlarmBook,
    AlarmListing,
    AlarmScan,
    { provide: DELEGATION_LOOK, useFactory: delegationLook, inject: [APP_CONFIG] },
    DelegationScan,
    Webhooks,
    WebhookFanOut,
    WebhookDeliveries,
    WebhookWorker,
    MailFanOut,
    MailDeliveries,
    MailWorker,
    DnsMetrics,
    FleetFiguresReader,
    FleetMetrics,
    IssuanceMetrics,
  ],
  exports: [AlarmListing, EventListing, EventTail, Webhooks],
})
export class MonitoringModule {}
