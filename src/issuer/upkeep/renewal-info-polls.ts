import { setTimeout as sleep } from 'node:timers/promises';

import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { CaAccounts, type PlanningAccount } from '../accounts/ca-accounts.js';
import { CaList } from '../accounts/ca-list.js';
import { type AcmeCa, AcmeProblemError, AcmeUnreachableError } from '../acme/acme-ca.js';
import { usualRenewal } from '../certificates/issued-certificate.js';
import {
  afterPollFailure,
  afterRenewalInfo,
  ariRenewalTime,
  type AriState,
  type PollFailure,
} from '../domain/ari-window.js';

/** Asked for at once, and by one server: another one takes them over after the time. */
const AT_ONCE = 20;
const CLAIM_SECONDS = 120;
/**
 * So many at once no more often than this: 200 a second and server, while Let's Encrypt lets an address ask 1,000 times.
 * A fleet of 100,000 that is asked about every six hours needs five.
 */
const PACE_MILLISECONDS = 100;
/** One round of the upkeep asks for no longer. */
const LONGEST_ROUND_MILLISECONDS = 10_000;

interface PolledRow {
  id: string;
  device_id: string;
  ari_cert_id: string;
  not_before: Date;
  not_after: Date;
  ari_window_start: Date | null;
  ari_window_end: Date | null;
  ari_renew_at: Date | null;
  ari_revoked: boolean;
  ari_explanation_url: string | null;
  ari_faults: number;
}

/**
 * Asks the CA for the renewal windows of the certificates in force (RFC 9773), each when its Retry-After has passed,
 * and moves their renewal accordingly. Several servers share the work.
 */
@Injectable()
export class RenewalInfoPolls {
  private readonly logger = new Logger(RenewalInfoPolls.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly accounts: CaAccounts,
    private readonly list: CaList,
    private readonly clock: Clock,
  ) {}

  /** Each CA is asked about its own certificates. @returns how many it was asked about; rejects with a CA's failure */
  async poll(): Promise<number> {
    const asked = await Promise.allSettled(
      this.list.production.map(async ({ directoryUrl }) => {
        const registered = await this.accounts.registered(directoryUrl);
        return registered ? this.#pollAt(registered) : 0;
      }),
    );
    const failed = asked.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    return asked.reduce((sum, result) => sum + (result.status === 'fulfilled' ? result.value : 0), 0);
  }

  async #pollAt(registered: PlanningAccount): Promise<number> {
    const until = performance.now() + LONGEST_ROUND_MILLISECONDS;
    let asked = 0;
    let ca: AcmeCa | undefined;
    for (let rows = await this.due(registered.id); rows.length > 0; rows = await this.due(registered.id)) {
      ca ??= (await this.accounts.open(registered.id)).ca;
      const { supportsRenewalInfo } = await ca.directory();
      if (!supportsRenewalInfo) return asked;
      const pace = sleep(PACE_MILLISECONDS);
      await Promise.all(rows.map((row) => this.ask(ca!, row)));
      await pace;
      asked += rows.length;
      if (rows.length < AT_ONCE || performance.now() > until) break;
    }
    return asked;
  }

  /** Those that are to be asked about now; nobody else asks for them meanwhile. */
  private async due(accountId: string): Promise<PolledRow[]> {
    const [rows]: [PolledRow[], number] = await this.dataSource.query(
      `UPDATE certificates c
          SET ari_poll_at = CASE WHEN c.not_after > $2 THEN $2::timestamptz + ${CLAIM_SECONDS} * interval '1 second' END
        WHERE c.id IN (SELECT id FROM certificates
                        WHERE ari_poll_at <= $2 AND account_id = $1 AND revoked_at IS NULL
                        ORDER BY ari_poll_at LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED)
        RETURNING c.id, c.device_id, c.ari_cert_id, c.not_before, c.not_after, c.ari_window_start, c.ari_window_end,
                  c.ari_renew_at, c.ari_revoked, c.ari_explanation_url, c.ari_faults`,
      [accountId, this.clock.now()],
    );
    return rows;
  }

  private async ask(ca: AcmeCa, row: PolledRow): Promise<void> {
    const known = stateOf(row);
    if (row.not_after <= this.clock.now()) return;
    const answer = await renewalInfo(ca, row.ari_cert_id);
    const now = this.clock.now().getTime();
    const random = Math.random();
    const state =
      'kind' in answer
        ? afterPollFailure(known, answer, { now, random })
        : afterRenewalInfo(known, answer, {
            now,
            random,
            usualRenewAt: usualRenewal(row.device_id, row.not_before, row.not_after).getTime(),
          });
    await this.write(row, known, state, now);
    if (state.revoked && !known.revoked) {
      this.logger.warn(
        { deviceId: row.device_id, certId: row.ari_cert_id, explanationUrl: state.explanationUrl },
        'the CA has moved the renewal window of a certificate into the past: it is renewed at once',
      );
    }
  }

  /** By certID: what was asked about is what is written to. The renewal moves only when the window has. */
  private async write({ id, ari_cert_id }: PolledRow, known: AriState, state: AriState, now: number): Promise<void> {
    const moved = state.renewAt !== known.renewAt ? ariRenewalTime(state, now) : undefined;
    await this.dataSource.query(
      `UPDATE certificates
          SET ari_window_start = $3, ari_window_end = $4, ari_renew_at = $5, ari_revoked = $6, ari_explanation_url = $7,
              ari_faults = $8, ari_poll_at = CASE WHEN ari_poll_at IS NULL THEN NULL ELSE $9::timestamptz END,
              renew_at = coalesce($10::timestamptz, renew_at)
        WHERE id = $1 AND ari_cert_id = $2`,
      [
        id,
        ari_cert_id,
        state.window ? new Date(state.window.start) : null,
        state.window ? new Date(state.window.end) : null,
        state.renewAt === undefined ? null : new Date(state.renewAt),
        state.revoked,
        state.explanationUrl ?? null,
        state.faults,
        new Date(state.pollAt),
        moved === undefined ? null : new Date(moved),
      ],
    );
  }
}

function stateOf(row: PolledRow): AriState {
  return {
    certId: row.ari_cert_id,
    revoked: row.ari_revoked,
    pollAt: 0,
    faults: row.ari_faults,
    ...(row.ari_window_start &&
      row.ari_window_end && {
        window: { start: row.ari_window_start.getTime(), end: row.ari_window_end.getTime() },
      }),
    ...(row.ari_renew_at && { renewAt: row.ari_renew_at.getTime() }),
    ...(row.ari_explanation_url !== null && { explanationUrl: row.ari_explanation_url }),
  };
}

async function renewalInfo(
  ca: AcmeCa,
  certId: string,
): Promise<{ start: number; end: number; explanationUrl?: string; retryAfterSeconds?: number } | PollFailure> {
  try {
    const info = await ca.renewalInfo(certId);
    if (!info) return { kind: 'refused' };
    return { ...info, start: info.start.getTime(), end: info.end.getTime() };
  } catch (error) {
    if (error instanceof AcmeUnreachableError) return { kind: 'fault' };
    if (!(error instanceof AcmeProblemError)) throw error;
    const isFault = error.status >= 500 || error.problem.type === 'rateLimited';
    return { kind: isFault ? 'fault' : 'refused', retryAfterSeconds: error.retryAfterSeconds };
  }
}
