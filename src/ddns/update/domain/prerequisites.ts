import { isAtOrBelow, presentName, type WireName } from '../../domain/name.js';
import { CLASS_IN, isDataType, TYPE, typeName } from '../../domain/rr-type.js';
import {
  CLASS_ANY,
  CLASS_NONE,
  findRrset,
  type UpdateRcode,
  type UpdateRecord,
  type UpdateRefusal,
  type UpdateZone,
} from './update-request.js';

/** Checks the prerequisite section (RFC 2136 sections 3.2.1 to 3.2.5). Undefined when all of it holds. */
export function checkPrerequisites(
  prerequisites: readonly UpdateRecord[],
  zone: UpdateZone,
): UpdateRefusal | undefined {
  /** "RRset exists, value dependent": compared as whole sets when all have been read. */
  const wanted = new Map<string, { name: WireName; type: number; rdatas: Set<string> }>();
  for (const record of prerequisites) {
    const rcode = checkOne(record, zone);
    if (rcode) return refuse(rcode, record);
    if (record.class !== CLASS_IN) continue;
    const key = `${record.type} ${record.name}`;
    const set = wanted.get(key) ?? { name: record.name, type: record.type, rdatas: new Set() };
    wanted.set(key, set);
    set.rdatas.add(record.rdata.toString('latin1'));
  }
  for (const { name, type, rdatas } of wanted.values()) {
    const existing = findRrset(zone, name, type)?.rdataStrings() ?? [];
    if (existing.length !== rdatas.size || !existing.every((rdata) => rdatas.has(rdata))) {
      return refuse('NXRRSET', { name, type });
    }
  }
  return undefined;
}

function checkOne(record: UpdateRecord, zone: UpdateZone): UpdateRcode | undefined {
  const { name, type } = record;
  if (record.ttl !== 0) return 'FORMERR';
  if (!isAtOrBelow(name, zone.apex)) return 'NOTZONE';
  if (record.class === CLASS_IN) return isDataType(type) ? undefined : 'FORMERR';
  if (record.class !== CLASS_ANY && record.class !== CLASS_NONE) return 'FORMERR';
  if (record.rdata.length > 0 || (type !== TYPE.ANY && !isDataType(type))) return 'FORMERR';

  const wantsExistence = record.class === CLASS_ANY;
  if (type === TYPE.ANY) {
    const inUse = zone.rrsets(name).length > 0;
    return inUse === wantsExistence ? undefined : wantsExistence ? 'NXDOMAIN' : 'YXDOMAIN';
  }
  const exists = findRrset(zone, name, type) !== undefined;
  return exists === wantsExistence ? undefined : wantsExistence ? 'NXRRSET' : 'YXRRSET';
}

function refuse(rcode: UpdateRcode, { name, type }: Pick<UpdateRecord, 'name' | 'type'>): UpdateRefusal {
  return { rcode, detail: `prerequisite ${presentName(name)} ${typeName(type)}` };
}
