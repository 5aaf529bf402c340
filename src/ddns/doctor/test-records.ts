import { randomBytes } from 'node:crypto';

import type { TestRecord } from './domain/test-record-check.js';
import { ServerApiError, type FixedRecordSet, type ServerApi } from './server-api.js';

/** Reserved for the doctor: devices' labels are random and have no hyphen, and no challenge is below it. */
const PREFIX = 'fleetcert-doctor-';
const TTL_SECONDS = 10;
/** What an earlier run left behind, killed before it could clean up. A run takes seconds. */
const FORGOTTEN_SECONDS = 3600;
/** Together more than any UDP answer carries. */
const LARGE_VALUES = 8;
const LARGE_VALUE_CHARACTERS = 240;

export interface MadeRecords {
  readonly small: TestRecord;
  readonly large: TestRecord;
  /** Looks like a device's name. */
  readonly device: { readonly name: string; readonly address: string };
}

/** The doctor's own records in the zones, made through the API as fixed records, and taken away again. */
export class TestRecords {
  readonly #made: { readonly zone: string; readonly records: FixedRecordSet }[] = [];
  /** The call that makes a record just now; settles with it. */
  #making: Promise<unknown> = Promise.resolve();
  #isOver = false;

  constructor(
    private readonly api: ServerApi,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** @throws ServerApiError; what was made by then is taken away by `removeAll`. */
  async make(zone: string): Promise<MadeRecords> {
    const label = `${PREFIX}${Math.floor(this.now().getTime() / 1000).toString(36)}-${randomBytes(5).toString('hex')}`;
    const [small, large] = [`_${label}`, `_${label}-large`];
    const smallValue = randomBytes(32).toString('base64url');
    const largeValues = Array.from({ length: LARGE_VALUES }, () =>
      randomBytes(LARGE_VALUE_CHARACTERS / 2).toString('hex'),
    );
    const address = '10.53.0.1';
    await this.#put(zone, { name: small, type: 'TXT', ttl: TTL_SECONDS, values: [`"${smallValue}"`] });
    await this.#put(zone, {
      name: large,
      type: 'TXT',
      ttl: TTL_SECONDS,
      values: largeValues.map((text) => `"${text}"`),
    });
    await this.#put(zone, { name: label, type: 'A', ttl: TTL_SECONDS, values: [address] });
    return {
      small: { name: `${small}.${zone}`, values: [smallValue] },
      large: { name: `${large}.${zone}`, values: largeValues },
      device: { name: `${label}.${zone}`, address },
    };
  }

  /** Takes away what killed runs have left. @returns how many RRsets */
  async removeForgotten(zone: string): Promise<number> {
    const seconds = this.now().getTime() / 1000;
    const forgotten = (await this.api.listRecords(zone)).filter(({ name }) => {
      const made = new RegExp(`^_?${PREFIX}([0-9a-z]+)-`).exec(name)?.[1];
      return made !== undefined && seconds - Number.parseInt(made, 36) > FORGOTTEN_SECONDS;
    });
    for (const records of forgotten) await this.api.deleteRecords(zone, records);
    return forgotten.length;
  }

  /**
   * Takes away everything that this run has made, and lets it make no more; tries each of them.
   * @throws ServerApiError when one remains.
   */
  async removeAll(): Promise<void> {
    this.#isOver = true;
    await this.#making;
    const results = await Promise.allSettled(
      this.#made.splice(0).map(async (entry) => {
        try {
          await this.api.deleteRecords(entry.zone, entry.records);
        } catch (error) {
          this.#made.push(entry);
          throw error;
        }
      }),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** What is still there, as the call that takes it away. */
  get remaining(): readonly string[] {
    return this.#made.map(
      ({ zone, records }) => `DELETE /v1/zones/${zone}/records?name=${records.name}&type=${records.type}`,
    );
  }

  async #put(zone: string, records: FixedRecordSet): Promise<void> {
    // Noted before: the answer may be lost although the record was made.
    if (this.#isOver) throw new ServerApiError('the doctor has been ended');
    this.#made.push({ zone, records });
    const making = this.api.putRecords(zone, records);
    this.#making = making.catch(() => undefined);
    await making;
  }
}
