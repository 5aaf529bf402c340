import {
  afterPollFailure,
  afterRenewalInfo,
  ariRenewalTime,
  newAriState,
  type AriState,
} from '../domain/ari-window.js';
import { decideOnSleeping, serverRenewalTime, type SleepingDevice } from '../domain/planner/sleeping-device.js';
import { spreadRenewalTime } from '../domain/renewal-spread.js';
import type { CaModel, IssuedCertificate } from './ca-model.js';
import type { DeviceModel } from './device-model.js';
import type { EventQueue } from './event-queue.js';
import type { Fleet } from './fleet.js';
import type { Measures } from './measures.js';
import type { Random } from './random.js';
import { EVENT } from './simulated-event.js';

const SECOND = 1000;
const RENEWAL_INFO_SECONDS = 6 * 3600;

/** A certificate that is to be revoked has to be replaced within a day. */
const REVOCATION_DEADLINE = 86_400 * SECOND;

/** When which certificate is renewed: ARI, the spread where there is none, and devices that sleep through it. */
export class SimulatedRenewals {
  constructor(
    private readonly fleet: Fleet,
    private readonly devices: DeviceModel,
    private readonly ca: CaModel,
    private readonly events: EventQueue,
    private readonly random: Random,
    private readonly measures: Measures,
  ) {}

  /** The device's certificate is at hand: when will it be renewed? */
  install(device: number, certificate: IssuedCertificate, now: number): void {
    const { fleet } = this;
    fleet.failures[device] = 0;
    fleet.revokedFrom[device] = Infinity;
    fleet.serial[device] = certificate.serial;
    fleet.issuedAt[device] = now;
    fleet.notAfter[device] = certificate.notAfter;
    const usual = spreadRenewalTime(certificate.notBefore, certificate.notAfter, fleet.phases[device]!);
    const state = this.#askForWindow(device, newAriState(String(certificate.serial), now), usual, now);
    fleet.ari[device] = state;
    fleet.renewAt[device] = ariRenewalTime(state, now) ?? Math.max(now, usual);
    this.events.add(fleet.renewAt[device]!, EVENT.due, device, certificate.serial);
  }

  /** The CA moves the windows of a part of the certificates into the past; each is heard of at its next poll. */
  announceRevocation(part: number, now: number): void {
    const { fleet } = this;
    for (let device = 0; device < fleet.size; device++) {
      const state = fleet.ari[device];
      if (fleet.serial[device] === 0 || fleet.notAfter[device]! <= now || !this.random.chance(part)) continue;
      this.ca.announceRevocation(device, now);
      fleet.revokedFrom[device] = now + REVOCATION_DEADLINE;
      // The polls before this one have told nothing new, and were left out.
      const every = RENEWAL_INFO_SECONDS * SECOND;
      const polled = state === undefined ? now : state.pollAt + Math.ceil((now - state.pollAt) / every) * every;
      this.events.add(Math.max(now, polled), EVENT.poll, device, fleet.serial[device]);
    }
  }

  poll(device: number, serial: number, now: number): void {
    const { fleet } = this;
    const known = fleet.ari[device];
    if (fleet.serial[device] !== serial || !known) return;
    if (this.ca.availableAt(now) > now) {
      const state = afterPollFailure(known, { kind: 'fault' }, { now, random: this.random.next() });
      fleet.ari[device] = state;
      this.events.add(state.pollAt, EVENT.poll, device, serial);
      return;
    }
    const state = this.#askForWindow(device, known, fleet.renewAt[device]!, now);
    fleet.ari[device] = state;
    fleet.renewAt[device] = ariRenewalTime(state, now) ?? fleet.renewAt[device]!;
    this.events.add(fleet.renewAt[device]!, EVENT.due, device, serial);
  }

  due(device: number, serial: number, now: number): void {
    if (this.fleet.serial[device] !== serial || this.fleet.order[device]) return;
    const comes = this.devices.nextAwake(device, now);
    const stepsIn = Math.max(now, serverRenewalTime(this.#sleeping(device, now)));
    if (comes <= stepsIn) this.events.add(comes, EVENT.ask, device, serial);
    else this.events.add(stepsIn, EVENT.serverAsk, device, serial);
  }

  serverAsk(device: number, serial: number, now: number): void {
    if (this.fleet.serial[device] !== serial || this.fleet.order[device]) return;
    const decision = decideOnSleeping(this.#sleeping(device, now), now);
    if (decision.kind === 'wait') {
      this.events.add(decision.until, EVENT.serverAsk, device, serial);
    } else if (decision.kind === 'renew') {
      this.measures.serverRenewals += 1;
      this.events.add(now, EVENT.ask, device, serial);
    } else {
      this.measures.lapse(device);
      this.events.add(this.devices.nextAwake(device, now), EVENT.ask, device, serial);
    }
  }

  #askForWindow(device: number, state: AriState, usualRenewAt: number, now: number): AriState {
    const window = this.ca.renewalInfo(device, Number(state.certId));
    if (!window) return state;
    const info = { ...window, retryAfterSeconds: RENEWAL_INFO_SECONDS };
    return afterRenewalInfo(state, info, { now, random: this.random.next(), usualRenewAt });
  }

  #sleeping(device: number, now: number): SleepingDevice {
    return {
      consents: true,
      lastSeenAt: this.devices.lastAwake(device, now),
      renewAt: this.fleet.renewAt[device]!,
      notAfter: this.fleet.notAfter[device]!,
      revoked: this.fleet.ari[device]?.revoked ?? false,
    };
  }
}
