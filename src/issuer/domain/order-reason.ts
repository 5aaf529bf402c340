/**
 * Why an order waits or ended, for programs; the sentence beside it is for people. Stored, so a code keeps its meaning.
 */
export type ReasonCode =
  /** The CA said 429 and when to come back. */
  | 'rate_limited'
  /** The CA said 429 without Retry-After: only an operator can end it, at the CA. */
  | 'paused'
  /** No connection to the CA. */
  | 'ca_unreachable'
  /** The CA answered with a fault of its own (5xx, or badNonce twice). */
  | 'ca_error'
  /** The CA does not accept our account, or wants something of the operator. */
  | 'ca_account'
  /** The CA is asked for something that it does not offer: a setting of ours is wrong. */
  | 'ca_settings'
  /** The CA works on it. */
  | 'waiting_for_ca'
  /** The CA's order is gone or has expired; a new one is made. */
  | 'ca_order_lost'
  /** Our own listeners did not answer with the TXT record. */
  | 'challenge_not_served'
  /** An earlier order of this device failed a short while ago. */
  | 'after_failure'
  /** This device fails so often that it is tried once a day. */
  | 'quarantined'
  /** No room left in the CA's limits. */
  | 'budget'
  /** The CA could not validate a name. */
  | 'validation_failed'
  /** The CA refused the order or the CSR. */
  | 'ca_refused'
  /** The certificate is not the one that was asked for. */
  | 'certificate_mismatch'
  /** The device sent a newer CSR. */
  | 'superseded'
  /** The key was reported compromised while the order was open. */
  | 'key_compromised'
  | 'device_removed'
  /** A fault of this server. */
  | 'internal';

/** Reasons that say: the CA tried this device's order, and it was in vain. They slow the device's next order down. */
export const FAILURES_AT_THE_CA = [
  'validation_failed',
  'ca_refused',
  'certificate_mismatch',
] as const satisfies readonly ReasonCode[];
