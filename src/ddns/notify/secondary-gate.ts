import { setTimeout as sleep } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';

import { wireName, type WireName } from '../domain/name.js';
import { isSerialReached } from '../domain/serial.js';
import { ZonePeers, type ZoneSecondary } from '../transfer/zone-peers.js';
import { SecondaryProbe } from './secondary-probe.js';

const FIRST_PAUSE_MILLISECONDS = 50;
const LAST_PAUSE_MILLISECONDS = 1000;

/** A secondary that does not serve yet what was waited for. */
export interface LaggingSecondary {
  readonly address: string;
  readonly port: number;
}

/**
 * Waits until the secondaries of a zone serve something: the CA asks any of the zone's name servers, so a challenge that
 * one of them does not have yet must not be told to the CA.
 */
@Injectable()
export class SecondaryGate {
  /** Questions under way, so that many orders that wait for the same zone ask each secondary once. */
  readonly #asking = new Map<string, Promise<number | undefined>>();

  constructor(
    private readonly peers: ZonePeers,
    private readonly probe: SecondaryProbe,
  ) {}

  /**
   * Resolves when every secondary serves `serial` of the zone or a later one, or when the time is over.
   * For secondaries that keep our serial: one that signs the zone counts its own (see waitForTxt).
   * @param zone in presentation format.
   * @returns the secondaries that do not; none: all do, or there are no secondaries.
   */
  waitForSerial(zone: string, serial: number, timeoutMilliseconds: number): Promise<readonly LaggingSecondary[]> {
    const apex = wireName(zone);
    if (apex === undefined) throw new Error('Not a zone name.');
    return this.#wait(apex, timeoutMilliseconds, async (secondary) => {
      const served = await this.#serial(secondary);
      return served !== undefined && isSerialReached(served, serial);
    });
  }

  /**
   * Resolves when every secondary answers `name` TXT with all of `values` among its records, or when the time is over.
   * @param zone, name in presentation format.
   */
  waitForTxt(
    zone: string,
    name: string,
    values: readonly string[],
    timeoutMilliseconds: number,
  ): Promise<readonly LaggingSecondary[]> {
    const [apex, owner] = [wireName(zone), wireName(name)];
    if (apex === undefined || owner === undefined) throw new Error('Not a name.');
    return this.#wait(apex, timeoutMilliseconds, async (secondary) => {
      const served = await this.probe.txt(owner, secondary);
      return served !== undefined && values.every((value) => served.includes(value));
    });
  }

  async #wait(
    apex: WireName,
    timeoutMilliseconds: number,
    serves: (secondary: ZoneSecondary) => Promise<boolean>,
  ): Promise<readonly LaggingSecondary[]> {
    const deadline = performance.now() + timeoutMilliseconds;
    const outcomes = await Promise.all(
      this.peers.secondaries(apex).map(async (secondary) => {
        let pause = FIRST_PAUSE_MILLISECONDS;
        while (!(await serves(secondary))) {
          const left = deadline - performance.now();
          if (left <= 0) return secondary;
          await sleep(Math.min(pause, left));
          pause = Math.min(pause * 2, LAST_PAUSE_MILLISECONDS);
        }
        return undefined;
      }),
    );
    return outcomes.flatMap((lagging) => (lagging ? [{ address: lagging.address, port: lagging.port }] : []));
  }

  #serial(secondary: ZoneSecondary): Promise<number | undefined> {
    const known = this.#asking.get(secondary.id);
    if (known) return known;
    const asking = this.probe.serial(secondary.zone, secondary).finally(() => this.#asking.delete(secondary.id));
    this.#asking.set(secondary.id, asking);
    return asking;
  }
}
