import { EVENT_SEVERITY, EVENT_TYPES, type EventType } from '../../../../platform/events/event-type.js';
import { EVERY_EVENT, type ListedWebhook } from '../../../webhooks/webhooks.js';
import { badge } from '../../html/badge.js';
import { checkBox, choice, csrfField, field } from '../../html/form.js';
import { html, type Html } from '../../html/html.js';
import { table } from '../../html/table.js';
import { ago } from '../../html/time.js';
import type { FormFields } from '../../http/form-fields.js';
import type { Session } from '../../session/session.js';

export const SCOPES = ['alarms', 'all', 'chosen'] as const;

type Scope = (typeof SCOPES)[number];

const SCOPE_TITLES: Readonly<Record<Scope, string>> = {
  alarms: 'warnings, and when they are over',
  all: 'everything',
  chosen: 'those that are chosen below',
};

/** The events that a choice stands for. */
export function eventsOf(scope: Scope, chosen: readonly EventType[]): (EventType | typeof EVERY_EVENT)[] {
  if (scope === 'all') return [EVERY_EVENT];
  if (scope === 'chosen') return [...chosen];
  return EVENT_TYPES.filter((type) => EVENT_SEVERITY[type] !== 'info' || type === 'alarm.resolved');
}

export function webhookList(webhooks: readonly ListedWebhook[], now: Date): Html {
  return html`<section class="card" aria-labelledby="webhooks">
    <h2 id="webhooks">Webhooks</h2>
    ${table(
      'Webhooks, oldest first',
      [
        {
          title: 'Address',
          kind: 'name',
          cell: ({ id, url }) => html`<a href="/settings/webhooks/${id}"><code>${url}</code></a>`,
        },
        { title: 'Events', cell: ({ events }) => scopeText(events) },
        { title: 'Chain', cell: ({ includeChain }) => (includeChain ? 'sent' : 'not sent') },
        { title: 'Waiting', kind: 'number', cell: ({ pending }) => pending },
        { title: 'Given up', kind: 'number', cell: ({ dead }) => (dead > 0 ? badge('dead', String(dead)) : 0) },
        { title: 'Made', cell: ({ createdAt }) => ago(createdAt, now) },
      ],
      webhooks,
      'Nobody is told of events by HTTP.',
    )}
  </section>`;
}

export function scopeText(events: readonly string[]): string {
  if (events.includes(EVERY_EVENT)) return 'everything';
  return events.length > 3 ? `${events.length} kinds` : events.join(', ');
}

export function webhookForm(session: Session, entered?: FormFields): Html {
  const chosen = new Set(entered?.all('events'));
  return html`<section class="card" aria-labelledby="make-webhook">
    <h2 id="make-webhook">Add a webhook</h2>
    <form method="post" action="/settings/webhooks" class="fields">
      ${csrfField(session)}
      ${field('webhook-url', 'url', 'Address', {
        value: entered?.raw('url'),
        isRequired: true,
        longest: 2_000,
        placeholder: 'https://hooks.example.com/fleetcert',
        hint: 'Each event is posted there as JSON, signed with a secret that you get.',
      })}
      ${choice(
        'webhook-scope',
        'scope',
        'Which events',
        SCOPES.map((scope) => [scope, SCOPE_TITLES[scope]] as const),
        entered?.raw('scope'),
      )}
      <details class="wide" ${chosen.size > 0 && html` open`}>
        <summary>Choose kinds of events</summary>
        <fieldset class="checks">
          <legend class="hidden">Kinds of events</legend>
          ${EVENT_TYPES.map(
            (type) =>
              html`<div class="field check">
                <input
                  id="event-${type}"
                  name="events"
                  type="checkbox"
                  value="${type}"
                  ${chosen.has(type) && html` checked`}
                />
                <label for="event-${type}"><code>${type}</code></label>
              </div>`,
          )}
        </fieldset>
      </details>
      ${checkBox('includeChain', 'includeChain', 'Send the chain (PEM) with each certificate that is issued', entered?.isChecked('includeChain') ?? false)}
      <button class="primary">Add the webhook</button>
    </form>
  </section>`;
}
