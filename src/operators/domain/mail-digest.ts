/** An event as a mail tells of it. */
export interface MailedEvent {
  readonly type: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly subjectId: string;
  readonly subjectName?: string;
  readonly message: string;
  readonly createdAt: Date;
  /** For the end of an alarm: which one. */
  readonly alarm?: string;
}

export interface Mail {
  readonly subject: string;
  readonly body: string;
}

/** More lines than this nobody reads; the rest is counted. */
const MOST_LINES = 50;

/**
 * One plain-text mail for everything that happened together, worst first. What was raised and resolved within the same
 * batch is left out: it is over before anybody could read of it.
 * @returns undefined when nothing is left to tell
 */
export function mailDigest(events: readonly MailedEvent[], publicUrl: string): Mail | undefined {
  const told = withoutPassed(events);
  const first = told.toSorted(byUrgency)[0];
  if (!first) return undefined;
  const open = told.filter(({ alarm }) => alarm === undefined).toSorted(byUrgency);
  const over = told.filter(({ alarm }) => alarm !== undefined);
  const sections = [
    section(
      'CRITICAL',
      open.filter(({ severity }) => severity === 'critical'),
    ),
    section(
      'WARNING',
      open.filter(({ severity }) => severity !== 'critical'),
    ),
    section('RESOLVED', over),
  ];
  const others = told.length > 1 ? ` (and ${told.length - 1} more)` : '';
  return {
    subject: oneLine(`[fleetcert] ${headline(first)}${others}`),
    body: `${sections.filter((text) => text !== '').join('\n')}\n${publicUrl}/\n`,
  };
}

const URGENCY = { critical: 0, warning: 1, info: 2 } as const;

function byUrgency(a: MailedEvent, b: MailedEvent): number {
  return URGENCY[a.severity] - URGENCY[b.severity] || a.createdAt.getTime() - b.createdAt.getTime();
}

function withoutPassed(events: readonly MailedEvent[]): MailedEvent[] {
  const raised = new Map<string, MailedEvent>();
  const passed = new Set<MailedEvent>();
  for (const event of events) {
    const begin = event.alarm === undefined ? undefined : raised.get(`${event.alarm} ${event.subjectId}`);
    if (begin) {
      passed.add(begin).add(event);
      raised.delete(`${event.alarm} ${event.subjectId}`);
    } else if (event.alarm === undefined) raised.set(`${event.type} ${event.subjectId}`, event);
  }
  return events.filter((event) => !passed.has(event));
}

function headline({ severity, type, alarm, subjectName, subjectId }: MailedEvent): string {
  const what = alarm === undefined ? `${severity}: ${type}` : `resolved: ${alarm}`;
  return `${what} ${subjectName ?? subjectId}`;
}

function section(title: string, events: readonly MailedEvent[]): string {
  if (events.length === 0) return '';
  const lines = events
    .slice(0, MOST_LINES)
    .map(({ createdAt, message }) => `- ${createdAt.toISOString().slice(0, 19)}Z ${oneLine(message)}`);
  const rest = events.length - lines.length;
  return `${[title, ...lines, ...(rest > 0 ? [`- … and ${rest} more: see GET /v1/events`] : [])].join('\n')}\n`;
}

/** A name or a CA's words must not begin a new line, least of all in a header. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
