import { isAtOrBelow, presentName, type WireName } from '../../domain/name.js';
import { CLASS_IN, isDataType, TYPE, typeName } from '../../domain/rr-type.js';
import { CLASS_ANY, CLASS_NONE, type UpdateRcode, type UpdateRecord, type UpdateRefusal } from './update-request.js';

/** Scans the update section before anything is done (RFC 2136 section 3.4.1). Undefined when it is well-formed. */
export function scanUpdates(updates: readonly UpdateRecord[], apex: WireName): UpdateRefusal | undefined {
  for (const record of updates) {
    const rcode = scanOne(record, apex);
    if (rcode) return { rcode, detail: `update ${presentName(record.name)} ${typeName(record.type)}` };
  }
  return undefined;
}

function scanOne({ name, type, class: klass, ttl, rdata }: UpdateRecord, apex: WireName): UpdateRcode | undefined {
  if (!isAtOrBelow(name, apex)) return 'NOTZONE';
  switch (klass) {
    // Add to an RRset. Data that are wrong for their type have been refused by the reader; here they may only be missing.
    case CLASS_IN:
      return isDataType(type) && rdata.length > 0 ? undefined : 'FORMERR';
    // Delete an RRset, or all RRsets of a name.
    case CLASS_ANY:
      return ttl === 0 && rdata.length === 0 && (type === TYPE.ANY || isDataType(type)) ? undefined : 'FORMERR';
    // Delete a record from an RRset.
    case CLASS_NONE:
      return ttl === 0 && rdata.length > 0 && isDataType(type) ? undefined : 'FORMERR';
    default:
      return 'FORMERR';
  }
}
