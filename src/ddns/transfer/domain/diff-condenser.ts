import type { WireName } from '../../domain/name.js';
import type { ResourceRecord } from '../../domain/rrset.js';
import { TYPE } from '../../domain/rr-type.js';
import type { ZoneDiff } from '../../domain/zone-diff.js';

/**
 * Folds a chain of changes into one (RFC 1995 section 5: the server may condense): what came and went in between is not
 * sent. A challenge lives for a minute, so a secondary that was away for a day is spared most of that day.
 */
export class DiffCondenser {
  readonly #removed = new Map<string, ResourceRecord>();
  readonly #added = new Map<string, ResourceRecord>();
  #first: ZoneDiff | undefined;
  #last: ZoneDiff | undefined;

  constructor(private readonly apex: WireName) {}

  /** How many records the condensed change has by now, beside the SOAs. */
  get records(): number {
    return this.#removed.size + this.#added.size;
  }

  /** The serial that the chain leads to; undefined before the first diff. */
  get serial(): number | undefined {
    return this.#last?.serial;
  }

  /** Appends the change that starts where the last one ended; throws when it does not. */
  add(diff: ZoneDiff): void {
    if (this.#last && this.#last.serial !== diff.serialFrom) throw new Error('The chain of changes has a gap.');
    this.#first ??= diff;
    this.#last = diff;
    for (const record of diff.removed) this.#move(record, this.#added, this.#removed);
    for (const record of diff.added) this.#move(record, this.#removed, this.#added);
  }

  /** The whole change, old and new SOA first, or undefined when nothing was added. */
  diff(): ZoneDiff | undefined {
    const oldSoa = this.#first?.removed.find((record) => this.#isSoa(record));
    const newSoa = this.#last?.added.find((record) => this.#isSoa(record));
    if (!this.#first || !this.#last || !oldSoa || !newSoa) return undefined;
    return {
      serialFrom: this.#first.serialFrom,
      serial: this.#last.serial,
      removed: [oldSoa, ...this.#removed.values()],
      added: [newSoa, ...this.#added.values()],
    };
  }

  #move(record: ResourceRecord, from: Map<string, ResourceRecord>, to: Map<string, ResourceRecord>): void {
    if (this.#isSoa(record)) return;
    const key = recordKey(record);
    if (!from.delete(key)) to.set(key, record);
  }

  #isSoa({ name, type }: ResourceRecord): boolean {
    return type === TYPE.SOA && name === this.apex;
  }
}

/** Equal for records that are equal on the wire. */
function recordKey({ name, type, ttl, rdata }: ResourceRecord): string {
  const data = Buffer.from(rdata.buffer, rdata.byteOffset, rdata.length).toString('latin1');
  return `${type} ${ttl} ${name}${data}`;
}
