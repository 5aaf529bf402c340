import { explain } from '../domain/planner/explain.js';
import type { PlannerState } from '../domain/planner/planner-state.js';
import type { DeviceModel } from './device-model.js';
import type { Fleet } from './fleet.js';

/** The state of the fleet on one day, for the chart. */
export interface Sample {
  readonly day: number;
  /** Devices with a certificate that is valid. */
  readonly covered: number;
  readonly waiting: number;
  /** Certificates issued so far. */
  readonly issued: number;
}

export interface Expiries {
  /** A device that was reachable in the renewal's window, or that the server should have renewed for. */
  reachable: number;
  /** Its validation failed all the time, by its own fault. */
  failing: number;
  /** Silent for longer than the server renews for. */
  lapsed: number;
}

interface Estimate {
  readonly madeAt: number;
  readonly startAt: number;
}

/** By how much an estimate was off, as a part of the time waited. */
export interface EstimateError {
  readonly madeAt: number;
  readonly error: number;
}

const HOUR = 3_600_000;

/** Of the waiting orders every so many-th is followed up. */
const ESTIMATES_OF = 23;

/** What is counted while the simulation runs. */
export class Measures {
  readonly firstIssuedAt: Float64Array;
  readonly samples: Sample[] = [];
  readonly expiries: Expiries = { reachable: 0, failing: 0, lapsed: 0 };
  readonly estimateErrors: EstimateError[] = [];
  /** When the last device came that had no certificate yet. */
  lastNewAt = -Infinity;
  readonly #estimates = new Map<number, Estimate[]>();
  readonly #lapsed = new Set<number>();
  issued = 0;
  renewed = 0;
  failed = 0;
  steps = 0;
  lapses = 0;
  serverRenewals = 0;
  mostInFlight = 0;
  mostIssuedADay = 0;
  revokedLate = 0;
  revokedReplacedAt = -Infinity;

  constructor(
    private readonly fleet: Fleet,
    private readonly devices: DeviceModel,
  ) {
    this.firstIssuedAt = new Float64Array(fleet.size).fill(Infinity);
  }

  /** A device without a certificate asks for its first one. */
  comes(device: number, now: number): void {
    if (this.fleet.serial[device] === 0) this.lastNewAt = now;
  }

  lapse(device: number): void {
    this.lapses += 1;
    this.#lapsed.add(device);
  }

  /** Before the device's record is changed to its new certificate. */
  issue(device: number, now: number): void {
    this.issued += 1;
    if (this.fleet.serial[device] === 0) {
      this.firstIssuedAt[device] = now;
      return;
    }
    this.renewed += 1;
    if (this.fleet.notAfter[device]! < now) this.#countExpiry(device);
    if (this.fleet.revokedFrom[device]! < Infinity) {
      const excused = this.#lapsed.has(device) || this.fleet.failures[device]! > 0;
      if (!excused) this.revokedReplacedAt = Math.max(this.revokedReplacedAt, now);
      if (!excused && this.fleet.revokedFrom[device]! < now) this.revokedLate += 1;
    }
    this.#lapsed.delete(device);
  }

  /** Certificates that ended and were never replaced. */
  close(now: number): void {
    for (let device = 0; device < this.fleet.size; device++) {
      if (this.fleet.serial[device]! > 0 && this.fleet.notAfter[device]! < now) this.#countExpiry(device);
    }
  }

  sample(day: number, waiting: number, now: number): void {
    let covered = 0;
    const { serial, notAfter } = this.fleet;
    for (let device = 0; device < this.fleet.size; device++) {
      if (serial[device]! > 0 && notAfter[device]! > now) covered += 1;
    }
    this.mostIssuedADay = Math.max(this.mostIssuedADay, this.issued - (this.samples.at(-1)?.issued ?? 0));
    this.samples.push({ day, covered, waiting, issued: this.issued });
  }

  /** Notes what the planner promises to some of the waiting orders. */
  noteEstimates(state: PlannerState, now: number): void {
    for (const { order, code, startAt } of explain(state, now)) {
      const device = Number(order.id);
      if (device % ESTIMATES_OF !== 0 || code !== 'limit') continue;
      const estimates = this.#estimates.get(device) ?? [];
      estimates.push({ madeAt: now, startAt });
      this.#estimates.set(device, estimates);
    }
  }

  /** The order starts: were the estimates right? Waits below an hour say nothing about a tenth. */
  start(device: number, now: number): void {
    const estimates = this.#estimates.get(device);
    if (!estimates) return;
    this.#estimates.delete(device);
    for (const { madeAt, startAt } of estimates) {
      if (now - madeAt < HOUR) continue;
      this.estimateErrors.push({ madeAt, error: Math.abs(startAt - now) / (now - madeAt) });
    }
  }

  #countExpiry(device: number): void {
    const { renewAt, notAfter, failures } = this.fleet;
    const reachable = this.devices.nextAwake(device, renewAt[device]!) < notAfter[device]!;
    if (this.#lapsed.has(device) && !reachable) this.expiries.lapsed += 1;
    else if (failures[device]! > 0) this.expiries.failing += 1;
    else this.expiries.reachable += 1;
  }
}
