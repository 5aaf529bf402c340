/**
 * A device sleeps through its renewal. With its consent the server renews from its last CSR, so that the certificate
 * neither ends nor loses its exemption; up to a time since it was last seen. Times are milliseconds since the epoch.
 */
export interface SleepingDevice {
  /** The device lets the server renew for the key of its last CSR. */
  readonly consents: boolean;
  readonly lastSeenAt: number;
  readonly renewAt: number;
  readonly notAfter: number;
  readonly revoked: boolean;
}

export type SleepingDecision =
  /** The device may still come by itself; decide again then. */
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'renew' }
  /** It was silent for too long, or does not consent: the certificate ends, with an event. */
  | { readonly kind: 'lapse' };

const HOUR = 3_600_000;
export const DEFAULT_MOST_SILENT_DAYS = 120;

/** Of the time between the renewal's moment and the certificate's end, left to the device itself. */
const PATIENCE = 1 / 3;
/** A revoked certificate may end within a day (CA/Browser Forum baseline requirements, 4.9.1.1). */
const REVOKED_PATIENCE = HOUR;

/** When the server steps in for a device that has not come for its renewal. */
export function serverRenewalTime({ renewAt, notAfter, revoked }: SleepingDevice): number {
  return revoked ? renewAt + REVOKED_PATIENCE : renewAt + Math.max(0, notAfter - renewAt) * PATIENCE;
}

export function decideOnSleeping(
  device: SleepingDevice,
  now: number,
  mostSilentDays = DEFAULT_MOST_SILENT_DAYS,
): SleepingDecision {
  const until = serverRenewalTime(device);
  if (now < until) return { kind: 'wait', until };
  const silentFor = now - device.lastSeenAt;
  if (!device.consents || silentFor > mostSilentDays * 24 * HOUR) return { kind: 'lapse' };
  return { kind: 'renew' };
}
