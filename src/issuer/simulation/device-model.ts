import type { Random } from './random.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** How the devices of a fleet behave. Fractions of 1. */
export interface DeviceHabits {
  /** Of its time, a device is reachable. */
  readonly awake: number;
  /** The lengths of a device's cycle of waking and sleeping, in hours. */
  readonly cycleHours: readonly [least: number, most: number];
  /** Of the devices, silent for one long time; it begins two weeks after the start or later, when all have come once. */
  readonly longSilence: number;
  readonly longSilenceDays: readonly [least: number, most: number];
  /** Of the validations, failing by chance. */
  readonly failure: number;
  /** Of the devices, failing at every try for a time. */
  readonly faulty: number;
  readonly faultDays: readonly [least: number, most: number];
}

export const USUAL_HABITS: DeviceHabits = {
  awake: 0.5,
  cycleHours: [8, 14 * 24],
  longSilence: 0.04,
  longSilenceDays: [10, 200],
  failure: 0.003,
  faulty: 0.002,
  faultDays: [0.5, 4],
};

/** When which device is reachable, and whether its validation works. Times are milliseconds since the epoch. */
export class DeviceModel {
  readonly #cycle: Float64Array;
  readonly #phase: Float64Array;
  readonly #silentFrom: Float64Array;
  readonly #silentUntil: Float64Array;
  readonly #faultyFrom: Float64Array;
  readonly #faultyUntil: Float64Array;

  constructor(
    count: number,
    private readonly habits: DeviceHabits,
    random: Random,
    from: number,
    until: number,
  ) {
    const perDevice = () => new Float64Array(count);
    this.#cycle = perDevice();
    this.#phase = perDevice();
    [this.#silentFrom, this.#silentUntil, this.#faultyFrom, this.#faultyUntil] = [1, 2, 3, 4].map(perDevice) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    for (let device = 0; device < count; device++) {
      // Long cycles are as rare as they are long: most devices sleep every night.
      const [least, most] = habits.cycleHours;
      this.#cycle[device] = least * (most / least) ** (random.next() ** 2) * HOUR;
      this.#phase[device] = random.next() * this.#cycle[device]!;
      const silent = random.chance(habits.longSilence);
      this.#silentFrom[device] = silent ? random.between(from + 14 * DAY, until) : Infinity;
      this.#silentUntil[device] = this.#silentFrom[device]! + random.between(...habits.longSilenceDays) * DAY;
      const faulty = random.chance(habits.faulty);
      this.#faultyFrom[device] = faulty ? random.between(from, until) : Infinity;
      this.#faultyUntil[device] = this.#faultyFrom[device]! + random.between(...habits.faultDays) * DAY;
    }
  }

  isAwake(device: number, time: number): boolean {
    return !this.#isSilent(device, time) && this.#intoCycle(device, time) < this.habits.awake * this.#cycle[device]!;
  }

  /** The first moment at or after `time` at which the device is reachable. */
  nextAwake(device: number, time: number): number {
    const awake = this.#awakeInCycle(device, time);
    return this.#isSilent(device, awake) ? this.#awakeInCycle(device, this.#silentUntil[device]!) : awake;
  }

  /** The last moment up to `time` at which it was. */
  lastAwake(device: number, time: number): number {
    const awake = this.#lastAwakeInCycle(device, time);
    const silentFrom = this.#silentFrom[device]!;
    const wasSilent = silentFrom < awake && awake <= this.#silentUntil[device]!;
    return wasSilent ? this.#lastAwakeInCycle(device, silentFrom) : awake;
  }

  /** Does a validation that ends now fail? */
  fails(device: number, time: number, random: Random): boolean {
    if (this.#faultyFrom[device]! <= time && time < this.#faultyUntil[device]!) return true;
    return random.chance(this.habits.failure);
  }

  #awakeInCycle(device: number, time: number): number {
    const into = this.#intoCycle(device, time);
    return into < this.habits.awake * this.#cycle[device]! ? time : time + this.#cycle[device]! - into;
  }

  #lastAwakeInCycle(device: number, time: number): number {
    return Math.min(time, time - this.#intoCycle(device, time) + this.habits.awake * this.#cycle[device]!);
  }

  #intoCycle(device: number, time: number): number {
    return (time + this.#phase[device]!) % this.#cycle[device]!;
  }

  #isSilent(device: number, time: number): boolean {
    return this.#silentFrom[device]! <= time && time < this.#silentUntil[device]!;
  }
}
