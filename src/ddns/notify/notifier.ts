import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

import { Clock } from '../../kernel/clock.js';
import { mustWireName, presentName, type WireName } from '../domain/name.js';
import { ServedZones } from '../store/served-zones.js';
import { ZonePeers, type ZoneSecondary } from '../transfer/zone-peers.js';
import { RCODE } from '../wire/message-codes.js';
import { type SignedRequest, signTsigRequest, verifyTsigAnswer } from '../wire/tsig.js';
import { WireFormatError } from '../wire/rr-reader-error.js';
import { NotifyState } from './domain/notify-state.js';
import { notifyMessage, rcodeOf, readNotifyAnswer } from './notify-message.js';
import { PeerSocket } from './peer-socket.js';

const ANSWER_MILLISECONDS = 2000;

/** So many unanswered in a row are worth a line in the log. */
const WARN_AFTER = 3;

interface Told {
  readonly secondary: ZoneSecondary;
  readonly state: NotifyState;
}

/** Tells each secondary of each change of its zone, until it acknowledges (RFC 1996). */
@Injectable()
export class Notifier implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Notifier.name);
  #told = new Map<string, Told>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  readonly #unsubscribe: (() => void)[] = [];

  constructor(
    private readonly served: ServedZones,
    private readonly peers: ZonePeers,
    private readonly socket: PeerSocket,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.#unsubscribe.push(
      this.peers.onChange(() => this.#adopt()),
      this.served.onSerial((zone) => this.#zoneChanged(mustWireName(zone))),
    );
    this.#adopt();
  }

  onModuleDestroy(): void {
    this.#stopped = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    clearTimeout(this.#timer);
  }

  #zoneChanged(apex: WireName): void {
    const now = performance.now();
    for (const { secondary, state } of this.#told.values()) if (secondary.zone === apex) state.changed(now);
    this.#schedule();
  }

  /** Takes over who the secondaries are now; a new one is told at once, as is everybody when we start. */
  #adopt(): void {
    const told = new Map<string, Told>();
    for (const secondary of this.peers.allSecondaries()) {
      // Of a zone that is configured no more: there is nothing to tell.
      if (!this.served.zones.get(secondary.zone)) continue;
      let state = this.#told.get(secondary.id)?.state;
      if (!state) {
        state = new NotifyState();
        state.changed(performance.now());
      }
      told.set(secondary.id, { secondary, state });
    }
    this.#told = told;
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    let dueAt = Infinity;
    for (const { state } of this.#told.values()) dueAt = Math.min(dueAt, state.dueAt);
    if (dueAt === Infinity) return;
    this.#timer = setTimeout(() => this.#sendDue(), Math.max(0, dueAt - performance.now())).unref();
  }

  #sendDue(): void {
    const now = performance.now();
    for (const told of this.#told.values()) {
      // Half a millisecond: a timer may fire a little early.
      if (told.state.dueAt > now + 0.5) continue;
      told.state.sent(now);
      this.#tell(told).catch((error: unknown) => this.logger.error({ err: error }, 'a NOTIFY was not sent'));
    }
    this.#schedule();
  }

  async #tell({ secondary, state }: Told): Promise<void> {
    const refusal = await this.#notify(secondary);
    if (this.#stopped) return;
    const who = `${secondary.address} port ${secondary.port} for ${presentName(secondary.zone)}`;
    if (refusal === undefined) {
      if (state.unanswered >= WARN_AFTER) this.logger.log(`NOTIFY is acknowledged again by ${who}`);
      state.acknowledged(performance.now());
    } else {
      state.failed(performance.now());
      if (state.unanswered === WARN_AFTER) this.logger.warn(`NOTIFY is not acknowledged by ${who}: ${refusal}`);
    }
    this.#schedule();
  }

  /** Sends one NOTIFY. @returns undefined when it is acknowledged, else why not. */
  async #notify({ zone, key, address, port }: ZoneSecondary): Promise<string | undefined> {
    const soa = this.served.zones.get(zone)?.soa;
    const rdata = soa?.rdatas()[0];
    if (!soa || !rdata) return 'the zone is not loaded';
    let signed: SignedRequest | undefined;
    const build = (id: number): Buffer => {
      const message = notifyMessage(id, zone, { ttl: soa.ttl, rdata });
      if (key) signed = signTsigRequest(message, key, this.#seconds());
      return signed?.message ?? message;
    };
    const accepts = (answer: Buffer): boolean => {
      if (!readNotifyAnswer(answer, zone)) return false;
      return !key || !signed || isSignedAnswer(() => verifyTsigAnswer(answer, key, signed!, this.#seconds()));
    };
    const answer = await this.socket.ask({ address, port }, build, accepts, ANSWER_MILLISECONDS);
    const message = answer && readNotifyAnswer(answer, zone);
    if (!message) return key ? `no answer signed with ${presentName(key.name)}` : 'no answer';
    return rcodeOf(message) === RCODE.NOERROR ? undefined : `RCODE ${rcodeOf(message)}`;
  }

  #seconds(): number {
    return Math.floor(this.clock.now().getTime() / 1000);
  }
}

function isSignedAnswer(verify: () => boolean): boolean {
  try {
    return verify();
  } catch (error) {
    if (error instanceof WireFormatError) return false;
    throw error;
  }
}
