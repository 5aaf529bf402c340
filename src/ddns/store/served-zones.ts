import { Injectable, Logger } from '@nestjs/common';

import { mustWireName, presentName } from '../domain/name.js';
import { isSerialAfter } from '../domain/serial.js';
import { ZoneOutOfStepError, type Zone } from '../domain/zone.js';
import type { ZoneDiff } from '../domain/zone-diff.js';
import { ZoneSet } from '../domain/zone-set.js';
import { ZoneJournal } from '../journal/zone-journal.js';
import type { ZoneFollower } from './zone-follower.js';
import { ZoneLoader } from './zone-loader.js';

/** How often a zone is read again when the memory runs ahead of what was read. */
const LOAD_ATTEMPTS = 3;

/** Called after a zone in memory has a new serial. @param zone in presentation format. */
export type SerialListener = (zone: string, serial: number) => void;

/**
 * The zones in memory, which every answer comes from. They are brought up to date by the changes that this server
 * commits itself, and by the journal. Zones are called by their names in presentation format here.
 */
@Injectable()
export class ServedZones {
  readonly zones = new ZoneSet();
  private readonly logger = new Logger(ServedZones.name);
  readonly #listeners = new Set<SerialListener>();
  #follower: ZoneFollower | undefined;
  /** The catching up under way, by zone: later calls wait for a next round. */
  readonly #running = new Map<string, { readonly done: Promise<void>; next?: Promise<void> }>();

  constructor(
    private readonly journal: ZoneJournal,
    private readonly loader: ZoneLoader,
  ) {}

  /** The zone in memory; undefined when this server does not serve it (yet). */
  zone(name: string): Zone | undefined {
    return this.zones.get(mustWireName(name));
  }

  /** Names of the zones in memory. */
  names(): string[] {
    return this.zones.all().map((zone) => presentName(zone.apex));
  }

  /** Tells a follower of everything from now on; it has taken what is served already. */
  follow(follower: ZoneFollower): void {
    this.#follower = follower;
  }

  onSerial(listener: SerialListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Loads a zone, or loads it again. It is served as soon as this resolves, and never with a lower serial than before.
   * @throws when the database has no such zone, or is behind the memory: restored, and its serial not raised yet.
   */
  async load(name: string): Promise<void> {
    for (let attempt = 1; attempt <= LOAD_ATTEMPTS; attempt += 1) {
      const zone = await this.loader.load(name);
      if (zone?.serial === undefined) throw new Error(`The database has no zone ${name}.`);
      // Changes that were committed while the rows were read are in the old memory and in the journal.
      do {
        const current = this.zone(name)?.serial;
        if (current !== undefined && isSerialAfter(current, zone.serial)) continue;
        this.zones.put(zone);
        this.#follower?.replaced(zone);
        this.#tell(name, zone);
        return;
      } while (await this.#followJournal(name, zone));
    }
    throw new Error(`The database is behind what is served of zone ${name}.`);
  }

  /**
   * Makes the memory, and the followers', serve a change that is committed. What other servers committed just before
   * comes first.
   * @throws when the database cannot be reached for that.
   */
  async committed(name: string, diff: ZoneDiff): Promise<void> {
    const zone = this.zone(name);
    // Not loaded yet: loading will bring it.
    if (!zone) return;
    const isApplied = zone.serial === diff.serial;
    if (!isApplied && (zone.serial !== diff.serialFrom || !this.#apply(name, zone, diff))) await this.catchUp(name);
    await this.settled();
  }

  /** Resolves when the followers serve all that the memory has by now. */
  async settled(): Promise<void> {
    await this.#follower?.settled();
  }

  /** Applies what the journal has and the memory has not; loads the zone again when the journal cannot help. */
  catchUp(name: string): Promise<void> {
    const running = this.#running.get(name);
    if (running) {
      // What is under way may have read the journal before our change: one more round, for all who ask meanwhile.
      running.next ??= running.done.catch(() => undefined).then(() => this.catchUp(name));
      return running.next;
    }
    const done = this.#catchUp(name).finally(() => this.#running.delete(name));
    this.#running.set(name, { done });
    return done;
  }

  async #catchUp(name: string): Promise<void> {
    for (;;) {
      const zone = this.zone(name);
      if (zone?.serial === undefined) return;
      const diffs = await this.journal.after(name, zone.serial);
      if (diffs?.length === 0) return;
      if (!diffs?.every((diff) => this.#follow(name, zone, diff))) {
        this.logger.warn(`zone ${name} is loaded again: the journal does not lead on from serial ${zone.serial}`);
        return this.load(name);
      }
    }
  }

  /** Applies to a zone that is not served yet what the journal has after it. @returns whether there was anything. */
  async #followJournal(name: string, zone: Zone): Promise<boolean> {
    const diffs = zone.serial === undefined ? undefined : await this.journal.after(name, zone.serial);
    for (const diff of diffs ?? []) zone.apply(diff);
    return diffs !== undefined && diffs.length > 0;
  }

  /** Applies a diff of the journal, unless another way has applied it meanwhile. */
  #follow(name: string, zone: Zone, diff: ZoneDiff): boolean {
    return diff.serialFrom !== zone.serial || this.#apply(name, zone, diff);
  }

  /** @returns false when the memory is out of step with the journal. */
  #apply(name: string, zone: Zone, diff: ZoneDiff): boolean {
    try {
      zone.apply(diff);
    } catch (error) {
      if (error instanceof ZoneOutOfStepError) return false;
      throw error;
    }
    this.#follower?.changed(zone, diff);
    this.#tell(name, zone);
    return true;
  }

  #tell(name: string, zone: Zone): void {
    if (zone.serial === undefined) return;
    for (const listener of this.#listeners) listener(name, zone.serial);
  }
}
