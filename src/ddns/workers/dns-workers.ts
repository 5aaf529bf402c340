import { Inject, Injectable, Logger } from '@nestjs/common';

import { Clock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig, type ListenAddress } from '../../platform/config/app-config.js';
import { SecretBox } from '../../platform/security/secret-box.js';
import type { Zone } from '../domain/zone.js';
import type { ZoneDiff } from '../domain/zone-diff.js';
import { DnsCounters, type Counts } from '../listeners/dns-counters.js';
import { cookieSecret } from '../rate-limit/cookie-secret.js';
import { ServedZones } from '../store/served-zones.js';
import type { ZoneFollower } from '../store/zone-follower.js';
import { cookieSecrets } from './cookie-secrets.js';
import type { ForwardedMessages } from './forwarded-messages.js';
import { WorkerLink } from './worker-link.js';
import type { WorkerSettings } from './worker-messages.js';
import { WorkerProgram } from './worker-program.js';

const FIRST_RESTART_MILLISECONDS = 100;
const LAST_RESTART_MILLISECONDS = 30_000;
/** A worker that has served for so long has not failed at once. */
const STEADY_MILLISECONDS = 60_000;

/** A place for one worker process: whoever fills it. */
interface Place {
  link: WorkerLink | undefined;
  restart: NodeJS.Timeout | undefined;
  /** How long the next restart waits. */
  backoffMilliseconds: number;
}

/** What is known of a worker. */
export interface WorkerState {
  readonly pid: number | undefined;
  readonly isListening: boolean;
  readonly counters: Counts | undefined;
}

/**
 * The processes that answer UDP queries beside this one. Each has the zones in its own memory and hears of every change
 * when this process does.
 */
@Injectable()
export class DnsWorkers implements ZoneFollower {
  private readonly logger = new Logger(DnsWorkers.name);
  #places: readonly Place[] = [];
  #settings: WorkerSettings | undefined;
  #forwarded: ForwardedMessages | undefined;

  constructor(
    private readonly served: ServedZones,
    private readonly counters: DnsCounters,
    private readonly secrets: SecretBox,
    private readonly clock: Clock,
    private readonly program: WorkerProgram,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** How many there are beside this process. */
  get size(): number {
    return this.config.dns.workers - 1;
  }

  get states(): WorkerState[] {
    return this.#places.map(({ link }) => ({
      pid: link?.pid,
      isListening: link?.isListening ?? false,
      counters: link?.counters,
    }));
  }

  /** Undefined when all of them answer. */
  missing(): string | undefined {
    const serving = this.states.filter(({ isListening }) => isListening).length;
    if (serving === this.size) return undefined;
    return `${this.size - serving} of ${this.size} DNS worker processes do not answer yet`;
  }

  /** Starts them; they answer as soon as each has the zones. @param listen what this process has bound. */
  start(listen: readonly ListenAddress[], forwarded: ForwardedMessages): void {
    if (this.size === 0) return;
    this.#settings = this.#settingsFor(listen);
    this.#forwarded = forwarded;
    this.#places = Array.from({ length: this.size }, () => ({
      link: undefined,
      restart: undefined,
      backoffMilliseconds: FIRST_RESTART_MILLISECONDS,
    }));
    for (const place of this.#places) this.#fill(place);
    this.served.follow(this);
  }

  async stop(): Promise<void> {
    const places = this.#places;
    this.#places = [];
    for (const { restart } of places) clearTimeout(restart);
    await Promise.all(places.map(({ link }) => link?.stop()));
  }

  replaced(zone: Zone): void {
    for (const { link } of this.#places) link?.replaced(zone);
  }

  changed(zone: Zone, diff: ZoneDiff): void {
    for (const { link } of this.#places) link?.changed(zone, diff);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#places.map(({ link }) => link?.settled()));
  }

  #fill(place: Place): void {
    const settings = this.#settings;
    const forwarded = this.#forwarded;
    if (!settings || !forwarded) return;
    const begin = performance.now();
    const link = new WorkerLink({
      program: this.program,
      forwarded,
      onCounters: (now, before) => this.counters.addDifference(now, before),
      onFailure: (reason) => this.logger.error({ reason }, 'a DNS worker answered a message with SERVFAIL'),
      onListening: () =>
        this.logger.log(`DNS worker ${link.pid} answers after ${Math.round(performance.now() - begin)} ms`),
      onGone: (how) => this.#gone(place, link, how, performance.now() - begin),
    });
    place.link = link;
    link.begin(this.served.zones.all(), settings).catch((error: unknown) => {
      this.logger.error({ err: error }, 'a DNS worker could not be given the zones');
      void link.stop();
    });
  }

  #gone(place: Place, link: WorkerLink, how: string, livedMilliseconds: number): void {
    place.link = undefined;
    if (!this.#places.includes(place)) return;
    if (livedMilliseconds >= STEADY_MILLISECONDS) place.backoffMilliseconds = FIRST_RESTART_MILLISECONDS;
    this.logger.error(`DNS worker ${link.pid} ended (${how}); another begins in ${place.backoffMilliseconds} ms`);
    place.restart = setTimeout(() => this.#fill(place), place.backoffMilliseconds);
    place.backoffMilliseconds = Math.min(place.backoffMilliseconds * 2, LAST_RESTART_MILLISECONDS);
  }

  #settingsFor(listen: readonly ListenAddress[]): WorkerSettings {
    const { dns, addressPolicy } = this.config;
    const { responsesPerSecond, limitsLoopback, workers, ipNames } = dns;
    const ranges = addressPolicy.ranges?.map(({ text }) => text);
    const secretOf = (period: number): Uint8Array => cookieSecret(this.secrets, period);
    return {
      listen,
      limitsLoopback,
      ...(ipNames === 'policy' && { synthesize: ranges ? { ranges } : {} }),
      ...(responsesPerSecond !== undefined && { responsesPerSecond: responsesPerSecond / workers }),
      cookieSecrets: cookieSecrets(secretOf, this.clock.now().getTime() / 1000),
    };
  }
}
