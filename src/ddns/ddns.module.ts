import { Global, Module } from '@nestjs/common';

import { NamePublisher } from '../devices/ports/name-publisher.js';
import { DnsHealth } from './dns-health.js';
import { DnsServer } from './dns-server.js';
import { ZoneFeed } from './journal/zone-feed.js';
import { ZoneJournal } from './journal/zone-journal.js';
import { BoundListeners } from './listeners/bound-listeners.js';
import { DnsCounters } from './listeners/dns-counters.js';
import { MessageHooks } from './listeners/message-hooks.js';
import { ApexRecords } from './publishing/apex-records.js';
import { ChallengeRecords } from './publishing/challenge-records.js';
import { DeviceNamePublisher } from './publishing/device-name-publisher.js';
import { FixedRecordService } from './publishing/fixed-records.js';
import { IpNameMode } from './publishing/ip-name-mode.js';
import { ListenerProbe } from './publishing/listener-probe.js';
import { ServedReport } from './siblings/served-report.js';
import { SiblingGate } from './siblings/sibling-gate.js';
import { ServedZones } from './store/served-zones.js';
import { ZoneLoader } from './store/zone-loader.js';
import { ZoneWriter } from './store/zone-writer.js';
import { DnsWorkers } from './workers/dns-workers.js';
import { WorkerProgram } from './workers/worker-program.js';
import { ZONE_PEER_EXPORTS, ZONE_PEER_PROVIDERS } from './zone-peer-providers.js';

/** Needs the global modules of the configuration, the database, the clock and the readiness checks. */
@Global()
@Module({
  providers: [
    ZoneJournal,
    ZoneLoader,
    ServedZones,
    ZoneWriter,
    ZoneFeed,
    BoundListeners,
    DnsCounters,
    MessageHooks,
    ListenerProbe,
    ServedReport,
    SiblingGate,
    ApexRecords,
    ChallengeRecords,
    FixedRecordService,
    IpNameMode,
    { provide: NamePublisher, useClass: DeviceNamePublisher },
    WorkerProgram,
    DnsWorkers,
    DnsServer,
    DnsHealth,
    ...ZONE_PEER_PROVIDERS,
  ],
  exports: [
    NamePublisher,
    ChallengeRecords,
    ApexRecords,
    FixedRecordService,
    ZoneWriter,
    ServedZones,
    ZoneJournal,
    BoundListeners,
    DnsCounters,
    MessageHooks,
    ...ZONE_PEER_EXPORTS,
  ],
})
export class DdnsModule {}
