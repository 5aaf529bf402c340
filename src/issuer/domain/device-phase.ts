import { createHash } from 'node:crypto';

/** A device's place in the renewal grid (renewal-spread.ts): uniform in [0, 1), by the device alone, for its life. */
export function devicePhase(deviceId: string): number {
  return createHash('sha256').update(deviceId).digest().readUIntBE(0, 6) / 2 ** 48;
}
