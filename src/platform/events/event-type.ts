/** How much an event matters: `critical` wants somebody now, `warning` somebody soon. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;

export type Severity = (typeof SEVERITIES)[number];

/** Everything that is worth telling an operator, and how much it matters. Stored and sent out: a type keeps its meaning. */
export const EVENT_SEVERITY = {
  'device.enrolled': 'info',
  'device.suspended': 'info',
  'device.resumed': 'info',
  'device.deleted': 'info',
  'device.addresses_changed': 'info',
  'device.clone_suspected': 'critical',
  'device.silent': 'warning',
  'device.returned': 'info',
  'order.failed': 'warning',
  'order.deferred': 'info',
  'certificate.issued': 'info',
  'certificate.revoked': 'warning',
  'certificate.lapsed': 'warning',
  'certificate.at_risk': 'critical',
  'certificate.expired': 'critical',
  'limit.near': 'warning',
  'ca.paused': 'critical',
  'ca.unreachable': 'critical',
  'ca.returned': 'info',
  'ca.fallback': 'warning',
  'ca.fallback_ended': 'info',
  'order.moved': 'info',
  'secondary.behind': 'warning',
  'zone.feed_lag': 'warning',
  'delegation.broken': 'critical',
  'delivery.given_up': 'warning',
  'alarm.resolved': 'info',
  'operator.signed_in': 'info',
} as const satisfies Record<string, Severity>;

export type EventType = keyof typeof EVENT_SEVERITY;

export const EVENT_TYPES = Object.keys(EVENT_SEVERITY) as EventType[];
