import {
  afterPollFailure,
  afterRenewalInfo,
  ariRenewalTime,
  newAriState,
  type AriState,
} from '../domain/ari-window.js';
import { retryDelaySeconds } from '../domain/backoff.js';
import type { ShareTags } from '../domain/planner/fair-shares.js';
import { SHARE_OF } from '../domain/planner/order-class.js';
import { plan } from '../domain/planner/plan.js';
import type { PlannerState } from '../domain/planner/planner-state.js';
import { decideOnSleeping, serverRenewalTime, type SleepingDevice } from '../domain/planner/sleeping-device.js';
import type { WaitingOrder } from '../domain/planner/waiting-order.js';
import { WaitingQueues } from '../domain/planner/waiting-queues.js';
import { spreadRenewalTime } from '../domain/renewal-spread.js';
import { BucketStore } from './bucket-store.js';
import type { CaModel } from './ca-model.js';
import type { DeviceModel } from './device-model.js';
import type { EventQueue } from './event-queue.js';
import type { Flight, Fleet } from './fleet.js';
import type { Measures } from './measures.js';
import type { Random } from './random.js';
import type { Scenario } from './scenario.js';

/** What happens in the simulated world; the subject is a device's number, the generation its certificate's serial. */
export const EVENT = {
  /** The device comes and wants a certificate. */
  ask: 1,
  /** The renewal's moment has come. */
  due: 2,
  /** The device has not come for its renewal. */
  serverAsk: 3,
  plan: 4,
  newOrder: 5,
  finish: 6,
  poll: 7,
  announceRevocation: 8,
  sample: 9,
  foreign: 10,
} as const;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 86_400 * SECOND;

/** Two planning steps are at least so far apart, as in the real worker's loop. */
const STEP_GAP = 5 * SECOND;
const RENEWAL_INFO_SECONDS = 6 * 3600;
const ACCOUNT = 'https://ca.simulation/acct/1';

/** The certificate of a revocation has to be replaced within a day. */
const REVOCATION_DEADLINE = DAY;

/** Plays the worker: everything that the real one leaves to the domain is left to the same domain here. */
export class SimulatedServer {
  readonly #queues: WaitingQueues;
  readonly #store = new BucketStore();
  readonly #inFlight = { standing: 0, manual: 0, new: 0 };
  #waiting = 0;
  #shares: ShareTags = new Map();
  #closedUntil = 0;
  #closings = 0;
  #lastStep = -Infinity;
  #nextStep = Infinity;
  #stepGeneration = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly fleet: Fleet,
    private readonly devices: DeviceModel,
    private readonly ca: CaModel,
    private readonly events: EventQueue,
    private readonly random: Random,
    private readonly measures: Measures,
  ) {
    this.#queues = new WaitingQueues(scenario.profile, ACCOUNT);
  }

  get waiting(): number {
    return this.#waiting;
  }

  plannerState(): PlannerState {
    return {
      queues: this.#queues,
      buckets: this.#store.buckets,
      inFlight: this.#inFlight,
      // After the CA was down, one order finds out whether it is back.
      inFlightLimit: this.#closings > 0 ? 1 : this.scenario.inFlightLimit,
      shares: this.#shares,
      closedUntil: this.#closedUntil,
      orderSeconds: 13,
    };
  }

  /** A device comes without a certificate, or for its renewal. */
  ask(device: number, serial: number, now: number): void {
    const { fleet } = this;
    if (fleet.serial[device] !== serial || fleet.order[device]) return;
    const ari = fleet.ari[device];
    const notAfter = fleet.notAfter[device]!;
    this.#enqueue(
      device,
      {
        ...fleet.subjects[device]!,
        id: String(device),
        group: fleet.groups[device]!,
        requestedAt: now,
        revoked: ari?.revoked ?? false,
        manual: false,
        ...(serial > 0 && { sameNamesIssuedAt: fleet.issuedAt[device]! }),
        ...(ari?.window && { replacesWindow: ari.window }),
        // A device whose certificate ended while it was away counts as new.
        ...(serial > 0 && notAfter > now && { expiresAt: notAfter, atRiskAt: notAfter - this.#atRisk(device) }),
      },
      now,
    );
  }

  due(device: number, serial: number, now: number): void {
    if (this.fleet.serial[device] !== serial || this.fleet.order[device]) return;
    const comes = this.devices.nextAwake(device, now);
    const stepsIn = Math.max(now, serverRenewalTime(this.#sleeping(device, now)));
    if (comes <= stepsIn) this.events.add(comes, EVENT.ask, device, serial);
    else this.events.add(stepsIn, EVENT.serverAsk, device, serial);
  }

  serverAsk(device: number, serial: number, now: number): void {
    if (this.fleet.serial[device] !== serial || this.fleet.order[device]) return;
    const decision = decideOnSleeping(this.#sleeping(device, now), now);
    if (decision.kind === 'wait') {
      this.events.add(decision.until, EVENT.serverAsk, device, serial);
    } else if (decision.kind === 'renew') {
      this.measures.serverRenewals += 1;
      this.ask(device, serial, now);
    } else {
      this.measures.lapse(device);
      this.events.add(this.devices.nextAwake(device, now), EVENT.ask, device, serial);
    }
  }

  step(generation: number, now: number): void {
    if (generation !== this.#stepGeneration) return;
    this.#nextStep = Infinity;
    this.#lastStep = now;
    this.measures.steps += 1;
    this.#queues.advance(now);
    const planned = plan(this.plannerState(), now);
    this.#shares = planned.shares;
    for (const { order, orderClass, spends } of planned.start) {
      const device = Number(order.id);
      this.#queues.remove(order.id);
      this.#waiting -= 1;
      this.#store.reserve(spends);
      this.fleet.flight[device] = { spends, share: SHARE_OF[orderClass] };
      this.#inFlight[SHARE_OF[orderClass]] += 1;
      this.measures.start(device, now);
      this.events.add(now + this.random.between(0.1, 0.6) * SECOND, EVENT.newOrder, device);
    }
    const { standing, manual, new: fresh } = this.#inFlight;
    this.measures.mostInFlight = Math.max(this.measures.mostInFlight, standing + manual + fresh);
    for (const { order, until } of planned.postpone) {
      this.#queues.remove(order.id);
      this.#waiting -= 1;
      this.#enqueue(Number(order.id), { ...order, notBefore: until }, now);
    }
    if (planned.wakeAt !== undefined) this.#stepAt(planned.wakeAt);
  }

  newOrder(device: number, now: number): void {
    const { fleet, ca } = this;
    const { spends } = fleet.flight[device]!;
    const replaces = fleet.ari[device]?.window ? fleet.serial[device]! : undefined;
    let answer = ca.newOrder(device, fleet.domains[device]!, replaces, now);
    if (answer.kind === 'already-replaced') answer = ca.newOrder(device, fleet.domains[device]!, undefined, now);
    if (answer.kind === 'created') {
      this.#closings = 0;
      this.#store.ordered(spends, now);
      this.events.add(now + this.random.between(5, 20) * SECOND, EVENT.finish, device);
      return;
    }
    this.#store.released(spends, now);
    let notBefore = now;
    if (answer.kind === 'refused') {
      const { limit, retryAfterSeconds } = answer;
      for (const spend of spends) {
        if (spend.limitName === limit) this.#store.corrected(spend, retryAfterSeconds, now);
      }
      // An order that was taken to be exempt comes back when the CA said.
      if (!spends.some(({ limitName }) => limitName === limit)) notBefore = now + retryAfterSeconds * SECOND;
    } else if (answer.kind === 'paused') {
      notBefore = now + DAY;
    } else {
      this.#closings += 1;
      this.#closedUntil = now + Math.min(10, 2 ** (this.#closings - 1)) * MINUTE;
    }
    this.#requeue(device, { notBefore }, now);
  }

  finish(device: number, now: number): void {
    const { fleet, ca } = this;
    const back = ca.availableAt(now);
    if (back > now) {
      this.events.add(back + this.random.between(0, 60) * SECOND, EVENT.finish, device);
      return;
    }
    const { spends } = fleet.flight[device]!;
    if (this.devices.fails(device, now, this.random)) {
      ca.fail(device, now);
      this.#store.ended(spends, 'failed', now);
      this.measures.failed += 1;
      fleet.failures[device]! += 1;
      const delay = retryDelaySeconds(fleet.failures[device]!, this.random.next()) * SECOND;
      // Now and then somebody looks into it, and asks again by hand.
      const manual = this.random.chance(0.1);
      this.#requeue(device, { notBefore: now + (manual ? 5 * MINUTE : delay), manual }, now);
      return;
    }
    const issued = ca.issue(device, fleet.domains[device]!, now);
    this.#store.ended(spends, 'issued', now);
    this.measures.issue(device, now);
    this.#land(device);
    fleet.order[device] = undefined;
    this.install(device, issued, now);
    this.#stepSoon(now);
  }

  /** The device's certificate is at hand: when will it be renewed? */
  install(device: number, certificate: { serial: number; notBefore: number; notAfter: number }, now: number): void {
    const { fleet } = this;
    fleet.failures[device] = 0;
    fleet.revokedFrom[device] = Infinity;
    fleet.serial[device] = certificate.serial;
    fleet.issuedAt[device] = now;
    fleet.notAfter[device] = certificate.notAfter;
    const usual = spreadRenewalTime(certificate.notBefore, certificate.notAfter, fleet.phases[device]!);
    const state = this.#ask4Window(device, newAriState(String(certificate.serial), now), usual, now);
    fleet.ari[device] = state;
    fleet.renewAt[device] = ariRenewalTime(state, now) ?? Math.max(now, usual);
    this.events.add(fleet.renewAt[device]!, EVENT.due, device, certificate.serial);
  }

  /** The CA moves the windows of a part of the certificates into the past; each is heard of at its next poll. */
  announceRevocation(part: number, now: number): void {
    const { fleet } = this;
    for (let device = 0; device < fleet.size; device++) {
      const state = fleet.ari[device];
      if (fleet.serial[device] === 0 || fleet.notAfter[device]! <= now || !this.random.chance(part)) continue;
      this.ca.announceRevocation(device, now);
      fleet.revokedFrom[device] = now + REVOCATION_DEADLINE;
      // The polls before this one have told nothing new, and were left out.
      const every = RENEWAL_INFO_SECONDS * SECOND;
      const polled = state === undefined ? now : state.pollAt + Math.ceil((now - state.pollAt) / every) * every;
      this.events.add(Math.max(now, polled), EVENT.poll, device, fleet.serial[device]);
    }
  }

  poll(device: number, serial: number, now: number): void {
    const { fleet } = this;
    const known = fleet.ari[device];
    if (fleet.serial[device] !== serial || !known) return;
    if (this.ca.availableAt(now) > now) {
      const state = afterPollFailure(known, { kind: 'fault' }, { now, random: this.random.next() });
      fleet.ari[device] = state;
      this.events.add(state.pollAt, EVENT.poll, device, serial);
      return;
    }
    const state = this.#ask4Window(device, known, fleet.renewAt[device]!, now);
    fleet.ari[device] = state;
    fleet.renewAt[device] = ariRenewalTime(state, now) ?? fleet.renewAt[device]!;
    this.events.add(fleet.renewAt[device]!, EVENT.due, device, serial);
  }

  #ask4Window(device: number, state: AriState, usualRenewAt: number, now: number): AriState {
    const window = this.ca.renewalInfo(device, Number(state.certId));
    if (!window) return state;
    const info = { ...window, retryAfterSeconds: RENEWAL_INFO_SECONDS };
    return afterRenewalInfo(state, info, { now, random: this.random.next(), usualRenewAt });
  }

  #sleeping(device: number, now: number): SleepingDevice {
    return {
      consents: true,
      lastSeenAt: this.devices.lastAwake(device, now),
      renewAt: this.fleet.renewAt[device]!,
      notAfter: this.fleet.notAfter[device]!,
      revoked: this.fleet.ari[device]?.revoked ?? false,
    };
  }

  /** A sixth of the lifetime. */
  #atRisk(device: number): number {
    return (this.fleet.notAfter[device]! - this.fleet.issuedAt[device]!) / 6;
  }

  #requeue(device: number, change: Partial<WaitingOrder>, now: number): void {
    this.#land(device);
    this.#enqueue(device, { ...this.fleet.order[device]!, ...change }, now);
  }

  #enqueue(device: number, order: WaitingOrder, now: number): void {
    this.fleet.order[device] = order;
    this.#queues.add(order, now);
    this.#waiting += 1;
    this.#stepSoon(now);
  }

  /** The device's order is in flight no more. */
  #land(device: number): Flight {
    const flight = this.fleet.flight[device]!;
    this.fleet.flight[device] = undefined;
    this.#inFlight[flight.share] -= 1;
    return flight;
  }

  #stepSoon(now: number): void {
    if (this.#waiting > 0) this.#stepAt(now);
  }

  #stepAt(time: number): void {
    const at = Math.max(time, this.#lastStep + STEP_GAP);
    if (at >= this.#nextStep) return;
    this.#nextStep = at;
    this.#stepGeneration += 1;
    this.events.add(at, EVENT.plan, 0, this.#stepGeneration);
  }
}
