/** What can be wrong for a while, so that it is raised once and resolved once. */
export type AlarmKind =
  | 'certificate.at_risk'
  | 'certificate.expired'
  | 'order.failed'
  | 'device.silent'
  | 'limit.near'
  | 'ca.paused'
  | 'ca.unreachable'
  | 'secondary.behind'
  | 'zone.feed_lag'
  | 'delegation.broken'
  | 'delivery.given_up';

export interface AlarmSubject {
  readonly kind: 'device' | 'zone' | 'secondary' | 'limit' | 'ca' | 'webhook' | 'mail';
  readonly id: string;
  readonly name?: string;
}

/** Something is wrong at this moment. */
export interface Observation {
  readonly kind: AlarmKind;
  readonly subject: AlarmSubject;
  /** A sentence for people: what is wrong, and what to do where that is known. */
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What has been wrong since `observedAt`; without `raisedAt` nobody was told yet. */
export interface OpenAlarm extends Observation {
  readonly observedAt: Date;
  readonly raisedAt?: Date;
}

/** How long something has to be wrong without a break before anybody is told; 0: at once. */
export const PATIENCE_SECONDS: Readonly<Record<AlarmKind, number>> = {
  'certificate.at_risk': 0,
  'certificate.expired': 0,
  'order.failed': 0,
  'device.silent': 0,
  'limit.near': 0,
  'ca.paused': 0,
  // A connection that fails once is nothing to wake anybody for.
  'ca.unreachable': 120,
  // Transfers take a moment, and so does the feed between servers.
  'secondary.behind': 120,
  'zone.feed_lag': 30,
  // Seen by two looks: somebody may be in the middle of changing the parent zone.
  'delegation.broken': 240,
  'delivery.given_up': 0,
};

export const ALARM_KINDS = Object.keys(PATIENCE_SECONDS) as AlarmKind[];

/** An alarm is one of its kind and subject. */
export function alarmKey({ kind, subject }: Pick<Observation, 'kind' | 'subject'>): string {
  return `${kind} ${subject.id}`;
}
