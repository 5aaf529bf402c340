import type { Zone } from '../domain/zone.js';
import type { ZoneDiff } from '../domain/zone-diff.js';

/** Something that keeps copies of the zones in memory; it is told in the same step in which they change. */
export interface ZoneFollower {
  /** A zone was loaded, or loaded again. */
  replaced(zone: Zone): void;
  /** The zone has just applied the change. */
  changed(zone: Zone, diff: ZoneDiff): void;
  /** Resolves when all that it was told so far is served; it does not reject, and does not wait for ever. */
  settled(): Promise<void>;
}
