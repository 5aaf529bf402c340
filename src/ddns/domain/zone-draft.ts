import type { WireName } from './name.js';
import { TYPE } from './rr-type.js';
import type { StoredRrset } from './stored-rrset.js';

/**
 * The part of a zone that was read for the changes of one transaction: as it was, and as it will be. RRsets are kept in
 * families, one for each name directly below the apex with all that is below it, so that a change of one device does not
 * look through those of the others.
 */
export class ZoneDraft {
  readonly #before = new Map<string, StoredRrset>();
  readonly #families = new Map<WireName, Map<string, StoredRrset>>();

  constructor(
    readonly apex: WireName,
    read: Iterable<StoredRrset>,
  ) {
    for (const rrset of read) {
      const key = rrsetKey(rrset.name, rrset.type);
      this.#before.set(key, rrset);
      this.set(key, rrset.name, rrset);
    }
  }

  get(key: string, name: WireName): StoredRrset | undefined {
    return this.family(name).get(key);
  }

  set(key: string, name: WireName, rrset: StoredRrset | undefined): void {
    const family = this.#familyName(name);
    let members = this.#families.get(family);
    if (!members) this.#families.set(family, (members = new Map()));
    if (rrset) members.set(key, rrset);
    else members.delete(key);
  }

  /** The RRsets of the names that share with `name` the label below the apex. */
  family(name: WireName): ReadonlyMap<string, StoredRrset> {
    return this.#families.get(this.#familyName(name)) ?? new Map<string, StoredRrset>();
  }

  *all(): Generator<[string, StoredRrset]> {
    for (const members of this.#families.values()) yield* members;
  }

  /** What is different by now: each name and type, before and after. */
  *differences(): Generator<{ readonly before?: StoredRrset; readonly after?: StoredRrset }> {
    for (const [key, before] of this.#before) {
      const after = this.get(key, before.name);
      if (after !== before) yield { before, ...(after && { after }) };
    }
    for (const [key, after] of this.all()) if (!this.#before.has(key)) yield { after };
  }

  /** The apex' SOA, before and now. */
  soa(): { readonly before: StoredRrset | undefined; readonly after: StoredRrset | undefined } {
    const key = rrsetKey(this.apex, TYPE.SOA);
    return { before: this.#before.get(key), after: this.get(key, this.apex) };
  }

  #familyName(name: WireName): WireName {
    let at = 0;
    for (;;) {
      const next = at + 1 + name.charCodeAt(at);
      if (name.length - next <= this.apex.length)
        return name.length - next === this.apex.length ? name.slice(at) : name;
      at = next;
    }
  }
}

export function rrsetKey(name: WireName, type: number): string {
  return `${type} ${name}`;
}
