import type { Rrset } from './rrset.js';

/**
 * What a zone knows of one name. A name without RRsets exists as long as it has descendants: an empty non-terminal
 * (RFC 4592 section 2.2.2). Nearly every name of a fleet has one RRset, which therefore needs no list.
 */
export class ZoneNode {
  #first: Rrset | undefined;
  #others: readonly Rrset[] | undefined;
  /** Names directly below this one that exist. */
  children = 0;

  find(type: number): Rrset | undefined {
    if (this.#first?.type === type) return this.#first;
    return this.#others?.find((rrset) => rrset.type === type);
  }

  rrsets(): Rrset[] {
    return this.#first ? [this.#first, ...(this.#others ?? [])] : [];
  }

  /** Any one RRset; undefined when there is none. */
  get any(): Rrset | undefined {
    return this.#first;
  }

  /** Sets the RRset of a type, or removes it. */
  replace(type: number, rrset: Rrset | undefined): void {
    const [first, ...others] = this.rrsets().filter((other) => other.type !== type);
    const all = rrset ? (first ? [first, ...others, rrset] : [rrset]) : first ? [first, ...others] : [];
    this.#first = all[0];
    this.#others = all.length > 1 ? all.slice(1) : undefined;
  }
}
