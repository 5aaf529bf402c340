import { isAtOrBelow, type WireName } from './name.js';
import type { Rrset } from './rrset.js';
import { servedRrset, type RecordOwner, type StoredRrset, type StoredValue } from './stored-rrset.js';
import { rrsetKey, type ZoneDraft } from './zone-draft.js';

/** Which part of a zone a change reads and writes: it is read from the database before the change is made. */
export interface EditScope {
  /** These names. */
  readonly names?: readonly WireName[];
  /** These names and everything below them. */
  readonly subtrees?: readonly WireName[];
  /** The TXT RRsets in which one of these has a value. */
  readonly txtOwners?: readonly RecordOwner[];
}

/**
 * What a change sees of a zone, and what it makes of it. Pure: it stands between reading the rows and writing those that
 * became different, so a change may refuse at any point by throwing a DomainError, and then nothing of it is written.
 */
export class ZoneEdit {
  readonly #edited = new Map<string, { readonly name: WireName; readonly rrset: StoredRrset | undefined }>();
  readonly apex: WireName;

  constructor(
    private readonly draft: ZoneDraft,
    private readonly scope: EditScope,
  ) {
    this.apex = draft.apex;
  }

  find(name: WireName, type: number): StoredRrset | undefined {
    return this.at(name).find((rrset) => rrset.type === type);
  }

  /** Every RRset of a name. */
  at(name: WireName): StoredRrset[] {
    if (!this.#covers(name)) throw outOfScope();
    return this.#select(this.draft.family(name), (rrset) => rrset.name === name);
  }

  /** Every RRset of a name and of the names below it. */
  atOrBelow(name: WireName): StoredRrset[] {
    if (!this.scope.subtrees?.some((subtree) => isAtOrBelow(name, subtree))) throw outOfScope();
    const among = name === this.apex ? this.draft.all() : this.draft.family(name);
    return this.#select(among, (rrset) => isAtOrBelow(rrset.name, name));
  }

  /** The TXT RRsets in which `owner` has a value. */
  ofTxtOwner(owner: RecordOwner): StoredRrset[] {
    if (!this.scope.txtOwners?.includes(owner)) throw outOfScope();
    return this.#select(this.draft.all(), (rrset) => rrset.values.some((value) => value.owner === owner));
  }

  /** What is served at a name. */
  rrsets(name: WireName): Rrset[] {
    return this.at(name).map(servedRrset);
  }

  /** Replaces the RRset of a name and type; without values it is removed. */
  put(name: WireName, type: number, ttl: number, values: readonly StoredValue[]): void {
    if (!isAtOrBelow(name, this.apex)) throw new Error('The name is not in the zone.');
    const key = rrsetKey(name, type);
    if (!this.#covers(name) && !this.draft.get(key, name)) throw outOfScope();
    this.#edited.set(key, { name, rrset: values.length === 0 ? undefined : { name, type, ttl, values } });
  }

  remove(name: WireName, type: number): void {
    this.put(name, type, 0, []);
  }

  /** Makes the draft hold what was edited. */
  accept(): void {
    for (const [key, { name, rrset }] of this.#edited) this.draft.set(key, name, rrset);
  }

  #select(among: Iterable<[string, StoredRrset]>, matches: (rrset: StoredRrset) => boolean): StoredRrset[] {
    const found: StoredRrset[] = [];
    for (const [key, rrset] of among) if (!this.#edited.has(key) && matches(rrset)) found.push(rrset);
    for (const { rrset } of this.#edited.values()) if (rrset && matches(rrset)) found.push(rrset);
    return found;
  }

  #covers(name: WireName): boolean {
    return (
      (this.scope.names?.includes(name) ?? false) ||
      (this.scope.subtrees?.some((subtree) => isAtOrBelow(name, subtree)) ?? false)
    );
  }
}

function outOfScope(): Error {
  return new Error('The change reads or writes a name that it did not name in its scope.');
}
