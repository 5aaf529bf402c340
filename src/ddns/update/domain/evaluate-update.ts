import { checkPrerequisites } from './prerequisites.js';
import { changesOf } from './update-changes.js';
import { checkGrant, type UpdateGrant } from './update-grant.js';
import type { UpdateOutcome, UpdateRequest, UpdateZone } from './update-request.js';
import { scanUpdates } from './update-scan.js';

/**
 * Decides on an UPDATE for one zone by the holder of a key, in the order of RFC 2136 section 3: prerequisites, form of
 * the update section, permission, changes. Pure: the caller applies all replacements in one transaction, or none.
 *
 * @param zone what the prerequisites and the permission are checked against.
 * @param own what the changes are made on: the zone without values that somebody else has put beside the key's own.
 */
export function evaluateUpdate(
  request: UpdateRequest,
  zone: UpdateZone,
  grant: UpdateGrant,
  own: UpdateZone = zone,
): UpdateOutcome {
  return (
    checkPrerequisites(request.prerequisites, zone) ??
    // The form first: a record outside the zone is NOTZONE, and no news about the key.
    scanUpdates(request.updates, zone.apex) ??
    checkGrant(request.updates, grant, zone) ?? { rcode: 'NOERROR', replacements: changesOf(request.updates, own) }
  );
}
