import type { WireName } from '../../domain/name.js';
import { CLASS_IN, TYPE } from '../../domain/rr-type.js';
import { Rrset } from '../../domain/rrset.js';
import type { RrsetReplacement } from '../../domain/zone-diff.js';
import { CLASS_ANY, type UpdateRecord, type UpdateZone } from './update-request.js';

/** RFC 2181 section 8: a TTL with the top bit set counts as zero. */
const MAX_TTL = 0x7fff_ffff;

/** Types of which a name holds one record, so that an added one takes the other's place (RFC 2136 section 3.4.2.2). */
const SINGLETONS: ReadonlySet<number> = new Set([TYPE.CNAME]);

/** DNSSEC types, which stand beside a CNAME (RFC 2136 section 3.4.2.2 as RFC 4034 and RFC 4035 amend it). */
const BESIDE_CNAME: ReadonlySet<number> = new Set([TYPE.RRSIG, TYPE.NSEC]);

interface WorkingSet {
  readonly name: WireName;
  readonly type: number;
  readonly before: Rrset | undefined;
  ttl: number;
  readonly rdatas: Map<string, Uint8Array>;
}

/**
 * Performs the update section (RFC 2136 section 3.4.2.7) on what the zone holds, and says what each name and type that
 * becomes different has to hold afterwards. Records that the rules pass over in silence change nothing. The SOA's serial
 * is the writer's business.
 */
export function changesOf(updates: readonly UpdateRecord[], zone: UpdateZone): RrsetReplacement[] {
  const working = new WorkingZone(zone);
  for (const record of updates) {
    if (record.class === CLASS_IN) add(record, working);
    else if (record.class === CLASS_ANY) removeRrsets(record, working);
    else removeRecord(record, working);
  }
  return working.changes();
}

function add(record: UpdateRecord, working: WorkingZone): void {
  const { name, type, rdata } = record;
  // The SOA's serial only goes forward by our own hand: whatever an update brings is an old one.
  if (type === TYPE.SOA) return;
  const others = working.setsOf(name).filter((set) => set.type !== TYPE.CNAME && !BESIDE_CNAME.has(set.type));
  if (type === TYPE.CNAME && others.length > 0) return;
  if (type !== TYPE.CNAME && !BESIDE_CNAME.has(type) && working.has(name, TYPE.CNAME)) return;
  const set = working.set(name, type);
  if (SINGLETONS.has(type)) set.rdatas.clear();
  set.rdatas.set(rdata.toString('latin1'), rdata);
  // RFC 2181 section 5.2: one TTL for the whole RRset, the latest.
  set.ttl = record.ttl > MAX_TTL ? 0 : record.ttl;
}

function removeRrsets({ name, type }: UpdateRecord, working: WorkingZone): void {
  const sets = type === TYPE.ANY ? working.setsOf(name) : [working.set(name, type)];
  for (const set of sets) {
    if (name === working.apex && (set.type === TYPE.SOA || set.type === TYPE.NS)) continue;
    set.rdatas.clear();
  }
}

function removeRecord({ name, type, rdata }: UpdateRecord, working: WorkingZone): void {
  if (type === TYPE.SOA) return;
  const { rdatas } = working.set(name, type);
  if (name === working.apex && type === TYPE.NS && rdatas.size === 1) return;
  rdatas.delete(rdata.toString('latin1'));
}

/** The zone as it is in the middle of an update: later records see what earlier ones did. */
class WorkingZone {
  readonly #sets = new Map<WireName, Map<number, WorkingSet>>();

  constructor(private readonly zone: UpdateZone) {}

  get apex(): WireName {
    return this.zone.apex;
  }

  /** The set of a name and type, empty when there is none. */
  set(name: WireName, type: number): WorkingSet {
    const sets = this.#setsAt(name);
    const set = sets.get(type) ?? { name, type, before: undefined, ttl: 0, rdatas: new Map<string, Uint8Array>() };
    sets.set(type, set);
    return set;
  }

  /** The sets of a name that hold records. */
  setsOf(name: WireName): WorkingSet[] {
    return [...this.#setsAt(name).values()].filter(({ rdatas }) => rdatas.size > 0);
  }

  has(name: WireName, type: number): boolean {
    return (this.#setsAt(name).get(type)?.rdatas.size ?? 0) > 0;
  }

  changes(): RrsetReplacement[] {
    return [...this.#sets.values()].flatMap((sets) =>
      [...sets.values()].filter(isChanged).map(({ name, type, ttl, rdatas, before }) => ({
        name,
        type,
        rrset: rdatas.size > 0 ? Rrset.of(type, ttl, [...rdatas.values()], before?.ofDevice) : undefined,
      })),
    );
  }

  #setsAt(name: WireName): Map<number, WorkingSet> {
    const known = this.#sets.get(name);
    if (known) return known;
    const sets = new Map(
      this.zone.rrsets(name).map((before): [number, WorkingSet] => {
        const rdatas = new Map(before.rdatas().map((rdata) => [rdata.toString('latin1'), rdata]));
        return [before.type, { name, type: before.type, before, ttl: before.ttl, rdatas }];
      }),
    );
    this.#sets.set(name, sets);
    return sets;
  }
}

function isChanged({ before, ttl, rdatas }: WorkingSet): boolean {
  if (!before) return rdatas.size > 0;
  const old = before.rdataStrings();
  return old.length !== rdatas.size || !old.every((rdata) => rdatas.has(rdata)) || before.ttl !== ttl;
}
