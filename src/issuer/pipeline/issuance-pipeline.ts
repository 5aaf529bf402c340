import { Injectable, Logger } from '@nestjs/common';

import { ChallengeRecords } from '../../ddns/publishing/challenge-records.js';
import { addSeconds, Clock } from '../../kernel/clock.js';
import type { ConnectedAccount } from '../accounts/ca-accounts.js';
import { CaList } from '../accounts/ca-list.js';
import { CaSetup } from '../accounts/ca-setup.js';
import { CaWatch } from '../accounts/ca-watch.js';
import { CertificateStore } from '../certificates/certificate-store.js';
import { decideOnFailure, type Failure, type FailureDecision, wordsOf } from '../domain/failure.js';
import type { ReasonCode } from '../domain/order-reason.js';
import type { BudgetOutcome } from '../limits/issuance-budget.js';
import { LeaseLostError } from '../worker/lease.js';
import type { ClaimedOrder } from '../worker/order-queue.js';
import { IssuanceRun, type RunEnd, type RunTools, RunStopped } from './issuance-run.js';
import { OrderProgress } from './order-progress.js';
import { traceOrderRun } from './order-trace.js';
import { PipelineProbe } from './pipeline-probe.js';
import { failureOf } from './run-failure.js';
import { namingCa, type RunPlace } from './run-place.js';

/** Takes a claimed order as far as it gets, and writes down what became of it. */
@Injectable()
export class IssuancePipeline {
  private readonly logger = new Logger(IssuancePipeline.name);
  private readonly tools: RunTools;

  constructor(
    challenges: ChallengeRecords,
    certificates: CertificateStore,
    probe: PipelineProbe,
    private readonly progress: OrderProgress,
    private readonly setup: CaSetup,
    private readonly watch: CaWatch,
    private readonly list: CaList,
    private readonly clock: Clock,
  ) {
    this.tools = { challenges, certificates, progress, probe, watch, clock };
  }

  /**
   * Never rejects for what the CA says or does.
   * @returns how it ended; undefined when the order is somebody else's now, or was given back
   * @throws what the database throws when not even the outcome could be written: the lease then expires
   */
  run(
    claimed: ClaimedOrder,
    account: ConnectedAccount,
    stop: AbortSignal,
  ): Promise<RunEnd | 'deferred' | 'stopped' | undefined> {
    return traceOrderRun(claimed.order, account.ca.directoryUrl, () => this.attempt(claimed, account, stop));
  }

  private async attempt(
    { order, lease }: ClaimedOrder,
    account: ConnectedAccount,
    stop: AbortSignal,
  ): Promise<RunEnd | 'deferred' | 'stopped' | undefined> {
    const place = this.placeAt(account);
    const run = new IssuanceRun(this.tools, order, lease, account, place, stop);
    try {
      const end = await run.run();
      if (end !== 'parked') await this.withdraw(order.id, run);
      if (end === 'issued' || end === 'rehearsed') await this.tell(() => this.watch.issued(account.ca.directoryUrl));
      this.logger.log({ orderId: order.id, deviceId: order.deviceId, names: order.names, end }, `order ${end}`);
      return end;
    } catch (error) {
      if (error instanceof RunStopped) return 'stopped';
      if (error instanceof LeaseLostError) {
        this.logger.warn({ orderId: order.id }, error.message);
        return undefined;
      }
      return this.conclude({ order, lease }, run, account, error);
    }
  }

  private placeAt({ ca: { directoryUrl } }: ConnectedAccount): RunPlace {
    const ca = this.list.of(directoryUrl);
    return {
      profile: ca?.profile,
      rehearsalFor: ca?.stagingOf,
      ...(this.list.hasSeveral && { caName: this.list.nameOf(directoryUrl) }),
    };
  }

  private async conclude(
    { order, lease }: ClaimedOrder,
    run: IssuanceRun,
    account: ConnectedAccount,
    error: unknown,
  ): Promise<'deferred' | 'failed'> {
    const failure = failureOf(error);
    const decision = decideOnFailure(failure, { failures: order.failures, random: Math.random() });
    if (failure.kind === 'internal') this.logger.error({ err: error, orderId: order.id }, 'a fault of ours');
    else this.logger.warn({ orderId: order.id, code: decision.code }, decision.reason);

    await this.tellBudget(order, account, failure);
    await this.tell(() => this.tellWatch(order, account, failure, decision));
    if (failure.kind === 'refused' && failure.problem.type === 'accountDoesNotExist')
      await this.setup.accountLost(account);
    // A deferred order keeps its TXT records: the CA may be looking for them right now, whatever we heard of it.
    if (decision.kind === 'fail' || decision.startOver) await this.withdraw(order.id, run);
    await this.write(decision, outcomeOf(failure), { order, lease }, run, this.placeAt(account));
    return decision.kind === 'fail' ? 'failed' : 'deferred';
  }

  /** What is known of the CA is worth no order. */
  private async tell(what: () => Promise<void>): Promise<void> {
    try {
      await what();
    } catch (error) {
      this.logger.warn({ err: error }, 'what became of an order could not be told of its CA');
    }
  }

  private async tellWatch(
    order: ClaimedOrder['order'],
    { ca }: ConnectedAccount,
    failure: Failure,
    decision: FailureDecision,
  ): Promise<void> {
    if (failure.kind === 'refused' && decision.code === 'paused') {
      await this.watch.paused(ca.directoryUrl, order.names, wordsOf(failure.problem));
    }
    const cause = TROUBLE[decision.code];
    if (cause !== undefined) await this.watch.failed(ca.directoryUrl, cause, decision.reason);
  }

  /** Never rejects: what stays in the zone is swept up later. */
  private async withdraw(orderId: string, run: IssuanceRun): Promise<void> {
    try {
      await run.withdrawChallenges();
    } catch (error) {
      this.logger.warn({ err: error, orderId }, 'TXT records could not be withdrawn and are left for the sweep');
    }
  }

  private async write(
    decision: FailureDecision,
    outcome: BudgetOutcome,
    { order, lease }: ClaimedOrder,
    run: IssuanceRun,
    place: RunPlace,
  ): Promise<void> {
    const reason = namingCa(place, decision.reason);
    if (decision.kind === 'fail') {
      const note = run.note({ step: 'failed', note: reason });
      await this.progress.fail(lease, { code: decision.code, reason }, note);
      return;
    }
    const note = run.note({ step: 'deferred', note: reason });
    if (place.rehearsalFor !== undefined && NO_REHEARSAL.includes(decision.code)) {
      await this.withdraw(order.id, run);
      await this.progress.endRehearsal(lease, place.rehearsalFor, { passed: false, failures: order.failures }, note);
      return;
    }
    await this.progress.defer(
      lease,
      {
        code: decision.code,
        reason,
        until: addSeconds(note.now, decision.delaySeconds),
        failures: decision.counts ? order.failures + 1 : order.failures,
        startOver: decision.startOver,
        outcome,
      },
      note,
    );
  }

  private async tellBudget(order: ClaimedOrder['order'], { ca }: ConnectedAccount, failure: Failure): Promise<void> {
    if (failure.kind !== 'refused' || (failure.problem.type !== 'rateLimited' && failure.status !== 429)) return;
    await this.progress.refused({ ca: ca.directoryUrl, url: ca.accountUrl }, order, failure, this.clock.now());
  }
}

/** What a deferral says of the CA itself. */
const TROUBLE: Partial<Record<ReasonCode, 'unreachable' | 'fault' | 'account'>> = {
  ca_unreachable: 'unreachable',
  ca_error: 'fault',
  ca_account: 'account',
};

/** A staging that cannot be had keeps no order from its CA: the order has waited for its failure already. */
const NO_REHEARSAL: readonly ReasonCode[] = [
  'ca_unreachable',
  'ca_error',
  'ca_account',
  'ca_settings',
  'rate_limited',
  'paused',
];

/** What the CA has counted when a run ends so, before or after it made its order. */
function outcomeOf(failure: Failure): BudgetOutcome {
  switch (failure.kind) {
    case 'key-changed':
      return failure.orderIsLost ? 'validation-failed' : 'unknown';
    case 'refused':
    case 'not-served':
    case 'order-ended':
      return 'nothing-came';
    case 'interrupted':
      return 'validation-failed';
    case 'mismatch':
      return 'issued';
    case 'unreachable':
    case 'database':
    case 'internal':
      return 'unknown';
  }
}
