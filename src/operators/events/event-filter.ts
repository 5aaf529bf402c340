import type { EventType, Severity } from '../../platform/events/event-type.js';
import type { EventItem } from './event-item.js';

/** Which events; an absent field filters nothing. */
export interface EventFilter {
  readonly types?: readonly EventType[];
  readonly severities?: readonly Severity[];
  /** A device's id. */
  readonly device?: string;
  /** From this time on. */
  readonly since?: Date;
}

export function matchesFilter({ types, severities, device, since }: EventFilter, event: EventItem): boolean {
  return (
    (!types || types.includes(event.type)) &&
    (!severities || severities.includes(event.severity)) &&
    (device === undefined || (event.subject.kind === 'device' && event.subject.id === device)) &&
    (!since || event.createdAt >= since)
  );
}
