import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { isDatabaseUnavailable } from '../../platform/database/database-unavailable.js';
import { pipelinedTransaction } from '../../platform/database/pipelined-transaction.js';
import { isWrongPresumption, PresumptionPace } from '../../platform/database/presumption.js';
import { sqlState } from '../../platform/database/sql-state.js';
import { MAX_SECONDS_AHEAD, secondsAhead, TICKS_A_SECOND } from '../domain/serial.js';
import { DnsCounters } from '../listeners/dns-counters.js';
import { ZoneJournal } from '../journal/zone-journal.js';
import type { Memory } from './presumed-rows.js';
import { ServedZones } from './served-zones.js';
import type { CommittedChange, ZoneChange } from './zone-change.js';
import { RefusedWritesError, writeChanges, type TransactionResult } from './zone-transaction.js';

/** So many changes share a transaction at most: it stays in the range of tens of milliseconds. */
const MAX_BATCH = 500;
/** The journal is trimmed after so many transactions. */
const TRIM_INTERVAL = 500;
/** A deadlock with somebody else's transaction is tried again. */
const ATTEMPTS = 3;
const RETRYABLE_SQL_STATES = new Set(['40001', '40P01']);
const SECONDS_TO_RETRY = 5;
const SECONDS_A_TICK = 1 / TICKS_A_SECOND;
const MAX_PAUSE_SECONDS = 1;
/** From so many queries a second on, transactions one after another are felt by those who ask … */
const BUSY_QUERIES_A_SECOND = 10_000;
/** … and this long a pause is not felt by those who change. */
const PAUSE_MILLISECONDS = 20;
/** A serial further ahead than this did not get there by many commits, and no pause would help. */
const FAR_AHEAD_SECONDS = 3600;

interface Pending {
  readonly change: ZoneChange;
  resolve(committed: CommittedChange): void;
  reject(reason: unknown): void;
}

/** Tells the callers of a transaction what became of their changes; once more does nothing. */
type Answer = () => void;

/**
 * The only way to change a zone. Changes that arrive while a transaction is under way share the next one, and one serial
 * a zone: the busier, the larger the transactions, not the more. A change is served by this server's DNS when its
 * promise resolves, and by the others as soon as the notification reaches them.
 */
@Injectable()
export class ZoneWriter {
  /** Tells its own notifications from those of others. */
  readonly id = randomUUID();
  private readonly logger = new Logger(ZoneWriter.name);
  readonly #presuming = new PresumptionPace();
  #queue: Pending[] = [];
  #running: Promise<void> | undefined;
  #transactions = 0;
  #queriesBefore = { count: 0, at: 0 };
  #trimming: Promise<void> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly served: ServedZones,
    private readonly counters: DnsCounters,
    private readonly clock: Clock,
  ) {}

  /**
   * Makes a change, with its joined write.
   * @throws DomainError: the change's or the joined write's own refusal; `unknown_zone`; `unavailable` while the
   * database cannot be reached. Then nothing was changed, but for a connection that broke during the commit itself: then
   * it is open whether it was.
   */
  commit(change: ZoneChange): Promise<CommittedChange> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ change, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when all changes that were handed in are done. */
  async drain(): Promise<void> {
    while (this.#running) await this.#running;
    await this.#trimming;
  }

  async #run(): Promise<void> {
    let answer: Answer = () => undefined;
    try {
      // What this turn of the event loop still brings belongs into the first transaction.
      await nextTurn();
      while (this.#queue.length > 0) {
        for (const pause of [() => this.#pauseForQueries(), () => this.#pauseForTime()]) {
          const milliseconds = pause();
          if (milliseconds === 0) continue;
          answer();
          await sleep(milliseconds);
        }
        const writing = this.#writeBatch(this.#queue.splice(0, MAX_BATCH));
        // PostgreSQL has the next transaction before the answers to the one before are made, and works meanwhile.
        const before = answer;
        setImmediate(before);
        answer = await writing;
        // It may have failed before the event loop came round.
        before();
      }
    } finally {
      answer();
      this.#running = undefined;
    }
  }

  /** @returns what tells the callers, unless they were told one by one. It does not reject. */
  async #writeBatch(batch: readonly Pending[]): Promise<Answer> {
    let result: TransactionResult;
    try {
      result = await this.#transact(batch.map(({ change }) => change));
    } catch (error) {
      if (!isDatabaseUnavailable(error) && batch.length > 1) {
        // One change's fault must not be the others'.
        for (const pending of batch) (await this.#writeBatch([pending]))();
        return () => undefined;
      }
      const reason = this.#refusal(error);
      return () => batch.forEach(({ reject }) => reject(reason));
    }
    return this.#serve(batch, result);
  }

  async #transact(changes: readonly ZoneChange[]): Promise<TransactionResult> {
    const floors = new Map<string, number>();
    for (const { zone } of changes) {
      const serial = this.served.zone(zone)?.serial;
      if (serial !== undefined) floors.set(zone, serial);
    }
    const refused = new Map<number, DomainError>();
    let memory: Memory | undefined = this.#presuming.mayPresume() ? (zone) => this.served.zone(zone) : undefined;
    for (let attempt = 1; ;) {
      try {
        const result = await pipelinedTransaction(this.dataSource, (transaction) =>
          writeChanges(transaction, changes, { writerId: this.id, now: this.clock.now(), floors, refused, memory }),
        );
        if (result.wasPresumed) this.#presuming.wasRight();
        return result;
      } catch (error) {
        if (isWrongPresumption(error)) {
          this.#presuming.wasWrong();
          memory = undefined;
          continue;
        }
        if (error instanceof RefusedWritesError) {
          // At least one more of them is out, so this comes to an end.
          for (const [index, refusal] of error.refusals) refused.set(index, refusal);
          continue;
        }
        if (attempt === ATTEMPTS || !isRetryable(error)) throw error;
        attempt += 1;
      }
    }
  }

  /** Committed: the memory follows, then the callers may hear of it. */
  async #serve(batch: readonly Pending[], { outcomes, diffs }: TransactionResult): Promise<Answer> {
    const failures = new Map<string, unknown>();
    for (const { zone, diff } of diffs) {
      try {
        await this.served.committed(zone, diff);
      } catch (error) {
        failures.set(zone, this.#refusal(error));
      }
    }
    this.#transactions += 1;
    if (this.#transactions % TRIM_INTERVAL === 0) this.#trimming ??= this.#trim(diffs.map(({ zone }) => zone));
    return () =>
      batch.forEach(({ change, resolve, reject }, index) => {
        const outcome = outcomes[index]!;
        if (outcome instanceof DomainError) reject(outcome);
        else if (failures.has(change.zone)) reject(failures.get(change.zone));
        else resolve(outcome);
      });
  }

  /**
   * Queries come first: while they are many, there is a pause before each transaction. What arrives meanwhile shares it,
   * so that the same changes take less of the time.
   * @returns milliseconds
   */
  #pauseForQueries(): number {
    const before = this.#queriesBefore;
    const now = { count: this.counters.udpQueries, at: performance.now() };
    this.#queriesBefore = now;
    const seconds = (now.at - before.at) / 1000;
    return now.count - before.count > BUSY_QUERIES_A_SECOND * seconds ? PAUSE_MILLISECONDS : 0;
  }

  /**
   * Serials are times, and many commits a second may not outrun it (domain/serial.ts): there is a pause until the next
   * one may be given. What arrives meanwhile shares the transaction.
   * @returns milliseconds
   */
  #pauseForTime(): number {
    const now = this.clock.now();
    let ahead = 0;
    for (const zone of new Set(this.#queue.map((pending) => pending.change.zone))) {
      const serial = this.served.zone(zone)?.serial;
      if (serial === undefined) continue;
      const seconds = secondsAhead(serial, now) + SECONDS_A_TICK;
      if (seconds < FAR_AHEAD_SECONDS) ahead = Math.max(ahead, seconds);
    }
    const excess = ahead - MAX_SECONDS_AHEAD;
    return excess > 0 ? Math.ceil(Math.min(excess, MAX_PAUSE_SECONDS) * 1000) : 0;
  }

  /** Beside the changes that follow: it takes no lock that they need. */
  async #trim(zones: readonly string[]): Promise<void> {
    try {
      for (const zone of zones) await ZoneJournal.trim(this.dataSource.manager, zone);
    } catch (error) {
      this.logger.warn(`the journal was not trimmed: ${(error as Error).message}`);
    } finally {
      this.#trimming = undefined;
    }
  }

  #refusal(error: unknown): unknown {
    if (!isDatabaseUnavailable(error)) return error;
    return new DomainError('unavailable', 'The database cannot be reached; try again in a few seconds.', {
      retryAfterSeconds: SECONDS_TO_RETRY,
      cause: error,
    });
  }
}

function isRetryable(error: unknown): boolean {
  return RETRYABLE_SQL_STATES.has(sqlState(error) ?? '');
}
