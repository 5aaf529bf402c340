import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { recordEvents } from '../../platform/events/record-events.js';
import { afterCaFailure, afterProbe, type CaTrouble, pauseProbeDelay, pauseScope } from '../domain/ca-health.js';
import { CaList } from './ca-list.js';
import { ACCOUNT, type CaRow, type CaState, type PauseRow, stateOf, troubleOf } from './ca-state.js';

export type { CaState };

/** What other servers have found out is seen after so long. */
const KEPT_MILLISECONDS = 1000;
/** An order that was held by a pause comes back within this time. */
const SPREAD_SECONDS = 30;
/** A name that nobody has ordered for since is forgotten. */
const NAME_PAUSE_DAYS = 7;

/** Whether the CAs can be ordered from: shared by all servers, told by what happens to orders. */
@Injectable()
export class CaWatch {
  private readonly logger = new Logger(CaWatch.name);
  #known: { readonly states: Promise<ReadonlyMap<string, CaState>>; readonly until: number } | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly list: CaList,
    private readonly clock: Clock,
  ) {}

  /** Of every configured CA, stagings too, by directory URL; at most a second old. */
  states(): Promise<ReadonlyMap<string, CaState>> {
    if (!this.#known || performance.now() >= this.#known.until) {
      const states = this.#read();
      this.#known = { states, until: performance.now() + KEPT_MILLISECONDS };
      states.catch(() => (this.#known = undefined));
    }
    return this.#known.states;
  }

  /** The next reading is a new one. */
  forget(): void {
    this.#known = undefined;
  }

  /** Nothing could be had from the CA, for a reason of its own. */
  async failed(ca: string, cause: CaTrouble['cause'], detail: string): Promise<void> {
    const now = this.clock.now().getTime();
    await this.#change(ca, (known) => afterCaFailure(known, { cause, detail }, now));
  }

  /** The CA has issued: whatever was wrong with it is over. */
  async issued(ca: string): Promise<void> {
    if ((await this.states()).get(ca)?.trouble !== undefined) await this.#well(ca);
  }

  /** Our account there is found: what kept it from being found is over. */
  async isSetUp(ca: string): Promise<void> {
    const trouble = (await this.states()).get(ca)?.trouble;
    if (trouble !== undefined && trouble.cause !== 'fault') await this.#well(ca);
  }

  /** An unreachable CA answers again, and was seen to be away. */
  async back(ca: string): Promise<void> {
    if ((await this.states()).get(ca)?.trouble?.cause === 'unreachable') await this.#well(ca);
  }

  /** It answers, and did so all the time: what failed was no matter of the connection. Orders have to find out. */
  async answers(ca: string): Promise<void> {
    const known = (await this.states()).get(ca)?.trouble;
    if (known?.cause === 'unreachable') await this.#change(ca, (trouble) => trouble && { ...trouble, cause: 'fault' });
  }

  /** The CA has refused an order by 429 without Retry-After. */
  async paused(ca: string, names: readonly string[], detail: string): Promise<void> {
    const now = this.clock.now();
    const scope = pauseScope(detail, names);
    const paused = scope.kind === 'account' ? [ACCOUNT] : scope.names;
    await this.dataSource.query(
      `INSERT INTO issuance_pauses AS p (ca, name, detail, paused_at, probe_at)
         SELECT $1, name, $3, $4, $4::timestamptz + $5 * interval '1 millisecond' FROM unnest($2::text[]) AS name
         ON CONFLICT (ca, name) DO UPDATE SET detail = EXCLUDED.detail, probe_at = greatest(p.probe_at, EXCLUDED.probe_at)`,
      [ca, paused, detail, now, pauseProbeDelay(0)],
    );
    this.logger.error({ ca, names: scope.kind === 'account' ? undefined : paused }, `the CA has paused us: ${detail}`);
    this.forget();
  }

  /** The CA has taken an order for these names: neither they nor the account are paused any more. */
  async accepted(ca: string, names: readonly string[]): Promise<void> {
    const state = (await this.states()).get(ca);
    if (state === undefined || (!state.paused && state.pausedNames.size === 0)) return;
    await this.dataSource.transaction((transaction) =>
      this.endPauses(transaction, ca, [ACCOUNT, ...names.map(withoutWildcard)], this.clock.now()),
    );
    this.forget();
  }

  /** Somebody asks for an order by hand, and may have acted at the CA: what is paused for it is tried again. */
  async retryPaused(transaction: EntityManager, ca: string, names: readonly string[], now: Date): Promise<void> {
    await transaction.query(`UPDATE issuance_pauses SET probe_at = $2 WHERE ca = $1 AND name = '' AND probe_at > $2`, [
      ca,
      now,
    ]);
    await transaction.query(`DELETE FROM issuance_pauses WHERE ca = $1 AND name <> '' AND name = ANY ($2::text[])`, [
      ca,
      names.map(withoutWildcard),
    ]);
    this.forget();
  }

  /**
   * An operator says that what a CA has paused (a name; default: all of it) is over there: orders are tried again, one
   * first where it was the account. @returns how many pauses that were
   */
  async resume(ca: string, name?: string): Promise<number> {
    const now = this.clock.now();
    const resumed = await this.dataSource.transaction(async (transaction) => {
      const rows: { name: string }[] = await transaction.query(
        `SELECT name FROM issuance_pauses WHERE ca = $1 AND ($2::text IS NULL OR name = $2) FOR UPDATE`,
        [ca, name === undefined ? null : withoutWildcard(name.toLowerCase())],
      );
      const names = rows.map((row) => row.name);
      await this.retryPaused(transaction, ca, names, now);
      await transaction.query(
        `UPDATE issuance_orders SET next_attempt_at = $2, updated_at = $2
          WHERE id IN (SELECT id FROM issuance_orders
                        WHERE status = 'deferred' AND reason_code = 'paused' AND (ca IS NULL OR ca = $1) AND next_attempt_at > $2
                          AND ('' = ANY ($3::text[]) OR names && $3::text[])
                        FOR UPDATE SKIP LOCKED)`,
        [ca, now, names],
      );
      return rows.length;
    });
    this.forget();
    return resumed;
  }

  /** May one order be sent to a CA that is closed, to see whether it is well again? */
  isProbeDue(state: CaState, now: number): boolean {
    if (state.pause) return state.pause.probeAt <= now;
    return state.trouble !== undefined && state.trouble.cause !== 'unreachable' && state.trouble.probeAt <= now;
  }

  /** One order is on its way to the CA: the next one follows later, unless this one succeeds. */
  async probed(ca: string): Promise<void> {
    const now = this.clock.now();
    const rows: { probes: number }[] = await this.dataSource.query(
      `SELECT probes FROM issuance_pauses WHERE ca = $1 AND name = ''`,
      [ca],
    );
    if (rows[0]) {
      await this.dataSource.query(`UPDATE issuance_pauses SET probes = $2, probe_at = $3 WHERE ca = $1 AND name = ''`, [
        ca,
        rows[0].probes + 1,
        new Date(now.getTime() + pauseProbeDelay(rows[0].probes + 1)),
      ]);
    }
    await this.#change(ca, (trouble) => trouble && afterProbe(trouble, now.getTime()));
  }

  /** Orders of this CA go elsewhere from now on. Once an outage, this is an event. */
  async fallsBack(transaction: EntityManager, ca: string, to: string, why: string, now: Date): Promise<void> {
    const rows: unknown[] = await transaction.query(
      `INSERT INTO issuance_cas AS c (ca, fallback_since) VALUES ($1, $2)
         ON CONFLICT (ca) DO UPDATE SET fallback_since = $2 WHERE c.fallback_since IS NULL RETURNING 1`,
      [ca, now],
    );
    if (rows.length === 0) return;
    this.forget();
    const message = `Orders go to ${this.list.nameOf(to)} in place of ${this.list.nameOf(ca)}: ${why}`;
    const subject = { kind: 'ca', id: ca, name: this.list.nameOf(ca) } as const;
    await recordEvents(transaction, [{ type: 'ca.fallback', subject, message, data: { to }, at: now }]);
  }

  /** Names that were paused a week ago and that nobody has ordered for since. */
  async sweep(): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM issuance_pauses p WHERE name <> '' AND paused_at < $1::timestamptz - ${NAME_PAUSE_DAYS} * interval '1 day'
          AND NOT EXISTS (SELECT 1 FROM issuance_orders o WHERE o.ended_at IS NULL AND o.reason_code = 'paused' AND p.name = ANY (o.names))`,
      [this.clock.now()],
    );
  }

  private async endPauses(transaction: EntityManager, ca: string, names: readonly string[], now: Date): Promise<void> {
    const [ended]: [{ name: string }[], number] = await transaction.query(
      `DELETE FROM issuance_pauses WHERE ca = $1 AND name = ANY ($2::text[]) RETURNING name`,
      [ca, names],
    );
    if (!ended.some(({ name }) => name === ACCOUNT)) return;
    this.logger.log({ ca }, 'the CA takes orders of our account again');
    await transaction.query(
      `UPDATE issuance_orders SET next_attempt_at = $2::timestamptz + random() * ${SPREAD_SECONDS} * interval '1 second', updated_at = $2
        WHERE id IN (SELECT id FROM issuance_orders
                      WHERE status = 'deferred' AND reason_code = 'paused' AND (ca IS NULL OR ca = $1) AND next_attempt_at > $2
                      FOR UPDATE SKIP LOCKED)`,
      [ca, now],
    );
    await this.#fallbackEnds(transaction, ca, now);
  }

  async #well(ca: string): Promise<void> {
    const now = this.clock.now();
    await this.dataSource.transaction(async (transaction) => {
      await transaction.query(
        `UPDATE issuance_cas SET trouble_since = NULL, trouble_cause = NULL, trouble_detail = NULL, trouble_probe_at = NULL,
                trouble_probes = 0 WHERE ca = $1`,
        [ca],
      );
      await this.#fallbackEnds(transaction, ca, now);
    });
    this.forget();
  }

  /** Orders go to the CA again, when nothing keeps them from it any more. */
  async #fallbackEnds(transaction: EntityManager, ca: string, now: Date): Promise<void> {
    const [ended]: [unknown[], number] = await transaction.query(
      `UPDATE issuance_cas SET fallback_since = NULL
        WHERE ca = $1 AND fallback_since IS NOT NULL AND trouble_since IS NULL
          AND NOT EXISTS (SELECT 1 FROM issuance_pauses p WHERE p.ca = $1 AND p.name = '') RETURNING ca`,
      [ca],
    );
    if (ended.length === 0) return;
    const name = this.list.nameOf(ca);
    const message = `Orders go to ${name} again.`;
    await recordEvents(transaction, [
      { type: 'ca.fallback_ended', subject: { kind: 'ca', id: ca, name }, message, at: now },
    ]);
  }

  async #change(ca: string, next: (known: CaTrouble | undefined) => CaTrouble | undefined): Promise<void> {
    await this.dataSource.transaction(async (transaction) => {
      await transaction.query(`INSERT INTO issuance_cas (ca) VALUES ($1) ON CONFLICT DO NOTHING`, [ca]);
      const rows: CaRow[] = await transaction.query(`SELECT * FROM issuance_cas WHERE ca = $1 FOR UPDATE`, [ca]);
      const known = troubleOf(rows[0]!);
      const trouble = next(known);
      if (trouble === undefined || trouble === known) return;
      await transaction.query(
        `UPDATE issuance_cas SET trouble_since = $2, trouble_cause = $3, trouble_detail = $4, trouble_probe_at = $5, trouble_probes = $6
          WHERE ca = $1`,
        [ca, new Date(trouble.since), trouble.cause, trouble.detail, new Date(trouble.probeAt), trouble.probes],
      );
    });
    this.forget();
  }

  async #read(): Promise<ReadonlyMap<string, CaState>> {
    const [cas, pauses] = await Promise.all([
      this.dataSource.query<CaRow[]>(`SELECT * FROM issuance_cas`),
      this.dataSource.query<PauseRow[]>(`SELECT ca, name, detail, paused_at, probe_at FROM issuance_pauses`),
    ]);
    return new Map(
      this.list.all.map(({ directoryUrl }) => [
        directoryUrl,
        stateOf(
          directoryUrl,
          cas.find(({ ca }) => ca === directoryUrl),
          pauses.filter(({ ca }) => ca === directoryUrl),
        ),
      ]),
    );
  }
}

function withoutWildcard(name: string): string {
  return name.replace(/^\*\./, '');
}
