/** So many devices have their certificates at a time (milliseconds since the epoch). */
export interface CurvePoint {
  readonly at: number;
  readonly devices: number;
}

const STEPS = 48;

/**
 * A rollout from its start to its end, in even steps of time.
 * @param devicesAt how many are done at a time
 * @returns nothing when it never ends
 */
export function rolloutCurve(start: number, end: number, devicesAt: (time: number) => number): CurvePoint[] {
  if (!Number.isFinite(end) || end <= start) return [];
  return Array.from({ length: STEPS + 1 }, (_, step) => {
    const at = start + ((end - start) * step) / STEPS;
    return { at, devices: devicesAt(at) };
  });
}

/** How many are done at a time when they come one after the other, evenly from the start to the end. */
export function evenly(start: number, end: number, devices: number): (time: number) => number {
  if (end <= start) return () => devices;
  return (time) => Math.floor(devices * Math.min(1, Math.max(0, (time - start) / (end - start))));
}

/** A round number of devices that is worth asking for, for a fleet of so many: a tenth of it, at least 100. */
export function usualRollout(devices: number): number {
  const tenth = Math.max(100, devices / 10);
  const power = 10 ** Math.floor(Math.log10(tenth));
  return [1, 2, 5, 10].map((factor) => factor * power).find((round) => round >= tenth)!;
}
