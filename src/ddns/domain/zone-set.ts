import type { WireName } from './name.js';
import type { Zone } from './zone.js';

/** The zones of this server. A name belongs to the one with the longest apex that it ends in. */
export class ZoneSet {
  readonly #zones = new Map<WireName, Zone>();
  /** Which apexes' lengths occur: only those are worth a look. */
  readonly #lengths = new Set<number>();

  /** Adds a zone, or puts it in the place of the one with the same apex. */
  put(zone: Zone): void {
    this.#zones.set(zone.apex, zone);
    this.#lengths.add(zone.apex.length);
  }

  get(apex: WireName): Zone | undefined {
    return this.#zones.get(apex);
  }

  all(): Zone[] {
    return [...this.#zones.values()];
  }

  /** The zone that `name` is in; its own apex counts. */
  closest(name: WireName): Zone | undefined {
    return this.#closestFrom(name, 0);
  }

  /** The zone that the parent of `name` is in: the one to ask for a child's DS (RFC 4035 section 3.1.4.1). */
  closestAbove(name: WireName): Zone | undefined {
    return this.#closestFrom(name, 1 + name.charCodeAt(0));
  }

  #closestFrom(name: WireName, start: number): Zone | undefined {
    for (let at = start; at < name.length; at += 1 + name.charCodeAt(at)) {
      if (!this.#lengths.has(name.length - at)) continue;
      const zone = this.#zones.get(at === 0 ? name : name.slice(at));
      if (zone) return zone;
    }
    return undefined;
  }
}
