import { setTimeout as sleep } from 'node:timers/promises';

import type { ChallengeRecords } from '../../ddns/publishing/challenge-records.js';
import { addSeconds, type Clock } from '../../kernel/clock.js';
import type { ConnectedAccount } from '../accounts/ca-accounts.js';
import type { CaWatch } from '../accounts/ca-watch.js';
import { AcmeProblemError, type AcmeOrder } from '../acme/acme-ca.js';
import type { CertificateStore } from '../certificates/certificate-store.js';
import { issuedCertificate } from '../certificates/issued-certificate.js';
import { mayBeDueToReplaces } from '../domain/failure.js';
import type { IssuanceOrder, OrderEvent } from '../domain/order.js';
import { type ChallengeText, initialView, nextAction, type PipelineView } from '../domain/pipeline.js';
import type { PipelineStep } from '../domain/pipeline-step.js';
import type { Lease } from '../worker/lease.js';
import type { Note, OrderProgress } from './order-progress.js';
import type { PipelineProbe } from './pipeline-probe.js';
import { RunFailure } from './run-failure.js';
import { namingCa, type RunPlace } from './run-place.js';

/** What a run works with; the same for every run. */
export interface RunTools {
  readonly challenges: ChallengeRecords;
  readonly certificates: CertificateStore;
  readonly progress: OrderProgress;
  readonly probe: PipelineProbe;
  readonly clock: Clock;
  readonly watch: CaWatch;
}

export type RunEnd = 'issued' | 'rehearsed' | 'failed' | 'parked';

/** The server stops: the order is given back as it is. */
export class RunStopped extends Error {
  override readonly name = 'RunStopped';
}

/** A wait for the CA that is longer gives its place to another order. */
const LONGEST_WAIT_SECONDS = 5;
/** So do short ones that add up; sooner when the order was parked before. */
const LONGEST_WAITING_SECONDS = 20;
const LONGEST_WAITING_AGAIN_SECONDS = 2;
/** A CA that names no time is asked less often the longer it takes: after a quarter of that time, up to this. */
const LONGEST_PARKING_SECONDS = 60;

/**
 * One attempt at one order: does what `nextAction` says until the order has ended, or waits for the CA, or something
 * fails. Whatever is needed to go on after a crash is in the database before the next thing is spent.
 */
export class IssuanceRun {
  #view: PipelineView;
  #events: OrderEvent[] = [];
  /** TXT records of the order may be in the zone. */
  #mayBePublished: boolean;
  #waitedSeconds = 0;

  constructor(
    private readonly tools: RunTools,
    private readonly order: IssuanceOrder,
    private readonly lease: Lease,
    private readonly account: ConnectedAccount,
    private readonly place: RunPlace,
    private readonly stop: AbortSignal,
  ) {
    // An order at a CA that is no longer configured is of no use: the operator has changed the CA.
    const acmeOrderUrl = order.accountId === account.id ? order.acmeOrderUrl : undefined;
    // A run that ends properly leaves a reason behind, be it only that it waits for the CA.
    this.#view = initialView(acmeOrderUrl, acmeOrderUrl !== undefined && order.reasonCode === undefined);
    this.#mayBePublished = order.acmeOrderUrl !== undefined;
  }

  /** @throws RunFailure, AcmeProblemError, AcmeUnreachableError, LeaseLostError, RunStopped, what the database throws */
  async run(): Promise<RunEnd> {
    this.#reached('claimed');
    for (;;) {
      this.#stopWhenAsked();
      this.lease.assertHeld();
      const action = nextAction(this.#view);
      switch (action.do) {
        case 'new-order':
          if (await this.#failIfRemoved()) return 'failed';
          await this.#newOrder();
          break;
        case 'read-order':
          this.#know({ order: await this.#readOrder() });
          break;
        case 'read-authorizations':
          await this.#readAuthorizations();
          break;
        case 'publish':
          if (await this.#failIfRemoved()) return 'failed';
          await this.#publish(action.texts);
          break;
        case 'confirm':
          await this.#confirm(action.texts);
          break;
        case 'answer':
          if (await this.#failIfRemoved()) return 'failed';
          await this.#answer(action.challengeUrl);
          break;
        case 'wait':
          if (!(await this.#wait(action.seconds, action.next))) return 'parked';
          break;
        case 'finalize':
          if (await this.#failIfRemoved()) return 'failed';
          await this.#finalize(action.finalizeUrl);
          break;
        case 'download':
          if (this.place.rehearsalFor !== undefined) {
            await this.#rehearsed(this.place.rehearsalFor);
            return 'rehearsed';
          }
          await this.#store(action.certificateUrl);
          return 'issued';
        case 'fail':
          await this.#fail(action.code, namingCa(this.place, action.reason));
          return 'failed';
        case 'give-up':
          throw new RunFailure(action.failure);
      }
    }
  }

  /** The timeline since the last write. */
  note(extra?: { readonly step: string; readonly note: string }): Note {
    const now = this.tools.clock.now();
    const events = extra ? [...this.#events, { at: now.toISOString(), ...extra }] : this.#events;
    this.#events = [];
    return { now, events };
  }

  /**
   * Takes the order's TXT records out of the zone, if it may have any.
   * @throws what the zone throws; records of ended orders that were left are swept up later
   */
  async withdrawChallenges(): Promise<void> {
    if (!this.#mayBePublished) return;
    await this.tools.challenges.withdraw({ orderId: this.order.id });
    this.#mayBePublished = false;
    this.#reached('challenge-withdrawn');
  }

  async #newOrder(): Promise<void> {
    const { ca } = this.account;
    const { profile } = this.place;
    const { supportsRenewalInfo } = await ca.directory();
    const replaces = supportsRenewalInfo
      ? await this.tools.certificates.replaceable(this.order, this.account.id, this.tools.clock.now())
      : undefined;
    let made: { readonly acmeOrder: AcmeOrder; readonly replaces?: string };
    try {
      made = { acmeOrder: await ca.newOrder({ names: this.order.names, profile, replaces }), replaces };
    } catch (error) {
      if (replaces === undefined || !(error instanceof AcmeProblemError) || !mayBeDueToReplaces(error)) throw error;
      made = { acmeOrder: await ca.newOrder({ names: this.order.names, profile }) };
    }
    this.#reached('acme-order-made');
    const { acmeOrder } = made;
    this.#event('acme-order-stored');
    await this.tools.progress.recordAcmeOrder(
      this.lease,
      { accountId: this.account.id, url: acmeOrder.url, replaces: made.replaces },
      this.note(),
    );
    this.tools.probe.reached('acme-order-stored', this.order.id);
    await this.tools.watch.accepted(ca.directoryUrl, this.order.names);
    this.#know({ acmeOrderUrl: acmeOrder.url, order: acmeOrder });
  }

  async #readOrder(): Promise<AcmeOrder> {
    try {
      return await this.account.ca.getOrder(this.#view.acmeOrderUrl!);
    } catch (error) {
      if (!(error instanceof AcmeProblemError)) throw error;
      const { problem, status, retryAfterSeconds } = error;
      throw new RunFailure({ kind: 'refused', problem, status, retryAfterSeconds, readingOrder: true });
    }
  }

  async #readAuthorizations(): Promise<void> {
    const authorizations = [];
    for (const url of this.#view.order!.authorizationUrls) {
      authorizations.push(await this.account.ca.getAuthorization(url));
    }
    this.#know({ authorizations });
  }

  async #publish(texts: readonly ChallengeText[]): Promise<void> {
    this.#mayBePublished = true;
    for (const { name, value } of texts) {
      await this.tools.challenges.publish({ name: `_acme-challenge.${name}`, value, orderId: this.order.id });
    }
    this.#know({ published: new Set([...this.#view.published, ...texts.map(({ value }) => value)]) });
    this.#reached('challenge-published');
  }

  async #confirm(texts: readonly ChallengeText[]): Promise<void> {
    for (const { name, value } of texts) {
      try {
        await this.tools.challenges.confirmServed(`_acme-challenge.${name}`, value);
      } catch (cause) {
        throw new RunFailure({ kind: 'not-served', detail: (cause as Error).message });
      }
    }
    this.#know({ confirmed: new Set([...this.#view.confirmed, ...texts.map(({ value }) => value)]) });
    this.#reached('challenge-confirmed');
  }

  async #answer(challengeUrl: string): Promise<void> {
    this.#know({ answered: new Set([...this.#view.answered, challengeUrl]), polls: 0 });
    try {
      await this.account.ca.completeChallenge(challengeUrl);
    } catch (error) {
      // A CA that has begun to validate (an answer was lost, a crash) refuses a second one: its state says what is so.
      if (!(error instanceof AcmeProblemError) || error.problem.type !== 'malformed') throw error;
      await this.#readAuthorizations();
    }
    this.#reached('challenge-answered');
  }

  /** @returns false when the order was parked */
  async #wait(seconds: number, next: 'read-order' | 'read-authorizations'): Promise<boolean> {
    const patience =
      this.order.reasonCode === 'waiting_for_ca' ? LONGEST_WAITING_AGAIN_SECONDS : LONGEST_WAITING_SECONDS;
    if (seconds > LONGEST_WAIT_SECONDS || this.#waitedSeconds + seconds > patience) {
      await this.#park(seconds);
      return false;
    }
    const isAbortable = !this.#caIsLooking();
    await sleep(seconds * 1000, undefined, isAbortable ? { signal: this.stop } : {}).catch(() => undefined);
    this.#stopWhenAsked();
    this.#waitedSeconds += seconds;
    this.lease.assertHeld();
    this.#know({ polls: this.#view.polls + 1 });
    if (next === 'read-authorizations') await this.#readAuthorizations();
    else this.#know({ order: await this.#readOrder() });
    return true;
  }

  /** The CA was told to look: this server's DNS ought to stay until it has. */
  #caIsLooking(): boolean {
    return this.#view.order?.status === 'pending' && this.#view.answered.size > 0;
  }

  #stopWhenAsked(): void {
    if (this.stop.aborted && !this.#caIsLooking()) throw new RunStopped();
  }

  async #park(seconds: number): Promise<void> {
    const note = this.note();
    const sinceSeconds = (note.now.getTime() - this.order.stepAt.getTime()) / 1000;
    const restSeconds = Math.max(seconds, Math.min(sinceSeconds / 4, LONGEST_PARKING_SECONDS));
    const reason = 'The CA works on it and will be asked again.';
    await this.tools.progress.park(this.lease, reason, addSeconds(note.now, restSeconds), note);
  }

  async #finalize(finalizeUrl: string): Promise<void> {
    // Stored before the CA has the CSR: from now on no other CSR may take over its order.
    this.#event('authorized');
    await this.tools.progress.recordStep(this.lease, 'authorized', this.note());
    this.tools.probe.reached('authorized', this.order.id);
    const order = await this.account.ca.finalize(finalizeUrl, this.order.csrDer);
    this.#know({ order, polls: 0 });
    this.#reached('finalized');
  }

  async #store(certificateUrl: string): Promise<void> {
    const { pem } = await this.account.ca.downloadCertificate(certificateUrl);
    this.#reached('certificate-downloaded');
    const certificate = issuedCertificate(pem, this.order, this.tools.clock.now());
    this.#reached('certificate-checked');
    this.#event('certificate-stored');
    await this.tools.progress.complete(this.lease, this.order.deviceId, this.account.id, certificate, this.note());
    this.tools.probe.reached('certificate-stored', this.order.id);
  }

  /** The staging has issued, so the CA itself will: its certificate is left there. */
  async #rehearsed(ca: string): Promise<void> {
    const note = this.note({ step: 'rehearsed', note: `${this.place.caName} has issued it.` });
    await this.tools.progress.endRehearsal(this.lease, ca, { passed: true, failures: 0 }, note);
  }

  /** @returns true when the device is there no more, and the order has ended for that */
  async #failIfRemoved(): Promise<boolean> {
    if (!(await this.tools.progress.isDeviceRemoved(this.order.deviceId))) return false;
    await this.#fail('device_removed', 'The device was removed.');
    return true;
  }

  /** The CA's remaining authorizations of an order that has failed are of no use, and count against its limits. */
  async #fail(code: 'validation_failed' | 'ca_refused' | 'device_removed', reason: string): Promise<void> {
    for (const { url, status } of this.#view.authorizations ?? []) {
      if (status === 'pending') await this.account.ca.deactivateAuthorization(url).catch(() => undefined);
    }
    await this.withdrawChallenges();
    const note = this.note({ step: 'failed', note: reason });
    await this.tools.progress.fail(this.lease, { code, reason }, note);
  }

  #know(news: Partial<PipelineView>): void {
    this.#view = { ...this.#view, ...news };
  }

  #event(step: PipelineStep): void {
    this.#events.push({ at: this.tools.clock.now().toISOString(), step });
  }

  #reached(step: PipelineStep): void {
    this.#event(step);
    this.tools.probe.reached(step, this.order.id);
  }
}
