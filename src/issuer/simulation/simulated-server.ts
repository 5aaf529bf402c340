import { retryDelaySeconds } from '../domain/backoff.js';
import type { ShareTags } from '../domain/planner/fair-shares.js';
import { SHARE_OF } from '../domain/planner/order-class.js';
import { plan } from '../domain/planner/plan.js';
import type { PlannerState } from '../domain/planner/planner-state.js';
import type { WaitingOrder } from '../domain/planner/waiting-order.js';
import { WaitingQueues } from '../domain/planner/waiting-queues.js';
import { BucketStore } from './bucket-store.js';
import type { CaModel } from './ca-model.js';
import type { DeviceModel } from './device-model.js';
import type { EventQueue } from './event-queue.js';
import type { Flight, Fleet } from './fleet.js';
import type { Measures } from './measures.js';
import type { Random } from './random.js';
import type { Scenario } from './scenario.js';
import { EVENT } from './simulated-event.js';
import type { SimulatedRenewals } from './simulated-renewals.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 86_400 * SECOND;

/** Two planning steps are at least so far apart, as in the real worker's loop. */
const STEP_GAP = 5 * SECOND;
const ACCOUNT = 'https://ca.simulation/acct/1';

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
    private readonly renewals: SimulatedRenewals,
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
    this.measures.comes(device, now);
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
    this.renewals.install(device, issued, now);
    this.#stepSoon(now);
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
