import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';

import { APP_CONFIG, type AppConfig } from '../platform/config/app-config.js';
import { AnswerEngine } from './answering/answer-engine.js';
import { synthesizedAddresses } from './answering/synthesized-addresses.js';
import { ZoneFeed } from './journal/zone-feed.js';
import { BoundListeners } from './listeners/bound-listeners.js';
import { DnsCounters } from './listeners/dns-counters.js';
import { DnsListeners } from './listeners/dns-listeners.js';
import { formatListenAddress } from './listeners/listen-error.js';
import { MessageHooks } from './listeners/message-hooks.js';
import { MessagePipeline, type PipelineParts } from './listeners/message-pipeline.js';
import { ApexRecords } from './publishing/apex-records.js';
import { IpNameMode } from './publishing/ip-name-mode.js';
import { ProtectiveGate } from './rate-limit/protective-gate.js';
import { ServedReport } from './siblings/served-report.js';
import { ServedZones } from './store/served-zones.js';
import { ZoneWriter } from './store/zone-writer.js';
import { DnsWorkers } from './workers/dns-workers.js';
import { ForwardedMessages } from './workers/forwarded-messages.js';

/** A fault is logged once in so many milliseconds: an attacker must not fill the disk with our logs. */
const FAILURE_LOG_MILLISECONDS = 10_000;

/** The DNS of this process, from the loaded zones to the bound sockets. */
@Injectable()
export class DnsServer implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger(DnsServer.name);
  #listeners: DnsListeners | undefined;
  #lastFailureLogged = -Infinity;

  constructor(
    private readonly served: ServedZones,
    private readonly writer: ZoneWriter,
    private readonly feed: ZoneFeed,
    private readonly apex: ApexRecords,
    private readonly hooks: MessageHooks,
    private readonly gate: ProtectiveGate,
    private readonly bound: BoundListeners,
    private readonly ipNames: IpNameMode,
    private readonly counters: DnsCounters,
    private readonly workers: DnsWorkers,
    private readonly report: ServedReport,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** Zones first, sockets then: nobody gets an answer before all of them can be right. */
  async onModuleInit(): Promise<void> {
    const { zones, listen } = this.config.dns;
    await this.apex.ensure();
    for (const zone of zones) await this.served.load(zone);
    this.feed.start();
    this.#listeners = await DnsListeners.open(listen, this.#pipeline({ gate: this.gate, counters: this.counters }), {
      counters: this.counters,
      sharesUdp: this.workers.size > 0,
    });
    this.bound.set(this.#listeners.bound);
    this.workers.start(this.bound.addresses, this.#forwarded());
    await this.report.start();
    const where = this.bound.addresses.map(formatListenAddress).join(', ');
    this.ipNames.start();
    this.logger.log(`DNS answers for ${zones.join(', ')} on ${where} (UDP and TCP)`);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.report.stop();
    await this.ipNames.stop();
    await this.feed.stop();
    await this.writer.drain();
  }

  /** Last: requests that HTTP still finished may have changed the zone, and callers may have been promised it. */
  async onApplicationShutdown(): Promise<void> {
    this.bound.set([]);
    await this.workers.stop();
    await this.#listeners?.close();
  }

  /** Messages that have passed a worker's gate. The worker counts the answers that it sends, so nobody else may. */
  #forwarded(): ForwardedMessages {
    const counters = new DnsCounters();
    return new ForwardedMessages(this.#pipeline({ counters, onFailure: () => (this.counters.failures += 1) }));
  }

  #pipeline({ gate, counters, onFailure }: Pick<PipelineParts, 'gate' | 'counters' | 'onFailure'>): MessagePipeline {
    return new MessagePipeline({
      engine: new AnswerEngine(this.served.zones, synthesizedAddresses(this.config)),
      counters,
      hooks: this.hooks.all,
      ...(gate && { gate }),
      onFailure: (error) => {
        onFailure?.(error);
        this.#failed(error);
      },
    });
  }

  #failed(error: unknown): void {
    const now = performance.now();
    if (now - this.#lastFailureLogged < FAILURE_LOG_MILLISECONDS) return;
    this.#lastFailureLogged = now;
    this.logger.error({ err: error }, 'a DNS message could not be handled and was answered with SERVFAIL');
  }
}
