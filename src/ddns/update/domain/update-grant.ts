import { firstLabel, isAtOrBelow, parentOf, presentName, type WireName } from '../../domain/name.js';
import { TYPE, typeName } from '../../domain/rr-type.js';
import type { UpdateRecord, UpdateRefusal, UpdateZone } from './update-request.js';

/** What an update key may change: records of one device and nothing else. */
export interface UpdateGrant {
  /** The device's name. */
  readonly device: WireName;
  /**
   * TXT: at `_acme-challenge` in front of the device's name or of a name below it.
   * A, AAAA: at the device's name itself.
   */
  readonly types: ReadonlySet<number>;
}

const CHALLENGE_LABEL = '_acme-challenge';

/** May the key change records of this name and type? */
export function isGranted(grant: UpdateGrant, name: WireName, type: number): boolean {
  if (!grant.types.has(type)) return false;
  if (type === TYPE.TXT) {
    const parent = parentOf(name);
    return firstLabel(name) === CHALLENGE_LABEL && parent !== undefined && isAtOrBelow(parent, grant.device);
  }
  return (type === TYPE.A || type === TYPE.AAAA) && name === grant.device;
}

/**
 * Checks every record of the update section against the grant (RFC 2136 section 3.3). Undefined when all are allowed:
 * one that is not refuses the whole update.
 */
export function checkGrant(
  updates: readonly UpdateRecord[],
  grant: UpdateGrant,
  zone: UpdateZone,
): UpdateRefusal | undefined {
  for (const { name, type } of updates) {
    const allowed = type === TYPE.ANY ? isWholeNameGranted(grant, name, zone) : isGranted(grant, name, type);
    if (!allowed) {
      return {
        rcode: 'REFUSED',
        detail: `the key of ${presentName(grant.device)} may not change ${presentName(name)} ${typeName(type)}`,
      };
    }
  }
  return undefined;
}

/** Deleting all RRsets of a name takes the right to delete each of those that are there. */
function isWholeNameGranted(grant: UpdateGrant, name: WireName, zone: UpdateZone): boolean {
  const existing = zone.rrsets(name);
  if (existing.length > 0) return existing.every(({ type }) => isGranted(grant, name, type));
  return [...grant.types].some((type) => isGranted(grant, name, type));
}
