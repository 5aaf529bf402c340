import { isAtOrBelow, parentOf, type WireName } from './name.js';
import { TYPE } from './rr-type.js';
import type { OwnedRrset, Rrset } from './rrset.js';
import { soaOf, type SoaFields } from './soa.js';
import type { ZoneDiff } from './zone-diff.js';
import { replaceRecords } from './zone-diff.js';
import { ZoneNode } from './zone-node.js';
import { ZoneSnapshot } from './zone-snapshot.js';

/** What a lookup reads. It does not change while a lookup runs: changes are applied in one synchronous step. */
export interface ZoneView {
  readonly apex: WireName;
  /** The apex' SOA RRset; a zone without it has not been loaded and answers nothing. */
  readonly soa: Rrset | undefined;
  /** How many names below the apex have an NS RRset. */
  readonly cuts: number;
  node(name: WireName): Pick<ZoneNode, 'find' | 'rrsets' | 'any' | 'children'> | undefined;
}

/** The feed and the memory disagree: the zone has to be loaded again. */
export class ZoneOutOfStepError extends Error {
  override readonly name = 'ZoneOutOfStepError';
}

/** A zone in memory: every existing name, also the empty non-terminals, in one map. */
export class Zone implements ZoneView {
  readonly #nodes = new Map<WireName, ZoneNode>();
  readonly #snapshots = new Set<ZoneSnapshot>();
  #cuts = 0;
  #soa: Rrset | undefined;
  #soaFields: SoaFields | undefined;

  constructor(readonly apex: WireName) {}

  get soa(): Rrset | undefined {
    return this.#soa;
  }

  /** Undefined while the zone has no SOA. */
  get serial(): number | undefined {
    return this.#soaFields?.serial;
  }

  get cuts(): number {
    return this.#cuts;
  }

  /** How many names exist, empty non-terminals included. */
  get names(): number {
    return this.#nodes.size;
  }

  node(name: WireName): ZoneNode | undefined {
    return this.#nodes.get(name);
  }

  /** Sets the RRset of a name and type; undefined removes it. */
  replace(name: WireName, type: number, rrset: Rrset | undefined): void {
    const node = rrset ? this.#ensure(name) : this.#nodes.get(name);
    if (!node) return;
    for (const snapshot of this.#snapshots) snapshot.remember(name, node);
    if (type === TYPE.NS && name !== this.apex) this.#cuts += Number(!!rrset) - Number(!!node.find(type));
    node.replace(type, rrset);
    if (type === TYPE.SOA && name === this.apex) {
      this.#soa = rrset;
      this.#soaFields = rrset && soaOf(rrset);
    }
    if (!rrset) this.#prune(name, node);
  }

  /**
   * Applies one change of the journal: all of it or nothing.
   * @throws ZoneOutOfStepError when it does not follow on what is in memory.
   */
  apply(diff: ZoneDiff): void {
    if (diff.serialFrom !== this.serial) {
      throw new ZoneOutOfStepError(`The change starts from serial ${diff.serialFrom}, the zone has ${this.serial}.`);
    }
    const replacements = replaceRecords(diff, (name, type) => this.#nodes.get(name)?.find(type));
    if (!replacements) throw new ZoneOutOfStepError(`The change to serial ${diff.serial} removes what is not there.`);
    for (const { name, type, rrset } of replacements) this.replace(name, type, rrset);
  }

  /** Every RRset. Not to be interrupted by changes; a reader that takes its time opens a snapshot. */
  *rrsets(): Generator<OwnedRrset> {
    for (const [owner, node] of this.#nodes) {
      for (const rrset of node.rrsets()) yield { owner, rrset };
    }
  }

  /** The zone as it is now, for a reader that takes its time (a zone transfer). To be closed. */
  openSnapshot(): ZoneSnapshot {
    if (!this.#soa || this.serial === undefined) throw new Error('A zone without SOA has no snapshot.');
    const snapshot = new ZoneSnapshot(this.apex, this.#soa, this.serial, this.#nodes, () =>
      this.#snapshots.delete(snapshot),
    );
    this.#snapshots.add(snapshot);
    return snapshot;
  }

  #ensure(name: WireName): ZoneNode {
    const existing = this.#nodes.get(name);
    if (existing) return existing;
    if (!isAtOrBelow(name, this.apex)) throw new Error('The name is not in the zone.');
    const node = new ZoneNode();
    this.#nodes.set(name, node);
    const parent = name === this.apex ? undefined : parentOf(name);
    if (parent !== undefined) this.#ensure(parent).children += 1;
    return node;
  }

  #prune(name: WireName, node: ZoneNode): void {
    if (node.any || node.children > 0) return;
    this.#nodes.delete(name);
    const parent = name === this.apex ? undefined : parentOf(name);
    const parentNode = parent === undefined ? undefined : this.#nodes.get(parent);
    if (parent === undefined || !parentNode) return;
    parentNode.children -= 1;
    this.#prune(parent, parentNode);
  }
}
