import type { DomainError } from '../../../../kernel/errors.js';
import type { ApiKeyEntity } from '../../../auth/api-key.entity.js';
import type { BucketLevel } from '../../../fleet/bucket-levels.js';
import type { ListedWebhook } from '../../../webhooks/webhooks.js';
import { ROLES } from '../../../domain/role.js';
import { badge } from '../../html/badge.js';
import { actionButton, choice, csrfField, field } from '../../html/form.js';
import { html, type Html } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { shownOnce } from '../../html/shown-once.js';
import { table } from '../../html/table.js';
import { ago } from '../../html/time.js';
import type { FormFields } from '../../http/form-fields.js';
import type { Session } from '../../session/session.js';
import type { ListedSession } from '../../session/sessions.js';
import type { CaSettings } from './ca-settings.js';
import { caCards } from './cas.view.js';
import { limitForm, limitList } from './limits.view.js';
import { sessionList } from './sessions.view.js';
import { webhookForm, webhookList } from './webhooks.view.js';

export interface SettingsView {
  readonly session: Session;
  readonly ca: CaSettings;
  readonly buckets: readonly BucketLevel[];
  /** Absent for who may not see them. */
  readonly apiKeys?: readonly ApiKeyEntity[];
  /** Absent for who may not see them. */
  readonly webhooks?: readonly ListedWebhook[];
  /** Of the same credential. */
  readonly sessions: readonly ListedSession[];
  readonly now: Date;
  readonly notice?: string;
  /** What was entered in the form that failed, and in which one. */
  readonly failed?: {
    readonly form: 'api-key' | 'limit' | 'webhook';
    readonly fields: FormFields;
    readonly error: DomainError;
  };
  /** A secret that was made just now: it is shown this once. */
  readonly made?: { readonly kind: 'api-key' | 'webhook'; readonly secret: string };
}

export function settingsPage(view: SettingsView): Html {
  const { session, ca, buckets, apiKeys, webhooks, sessions, now, notice, failed, made } = view;
  const entered = (form: string): FormFields | undefined => (failed?.form === form ? failed.fields : undefined);
  return layout({
    title: 'Settings',
    section: '/settings',
    session,
    notice,
    error: failed?.error,
    content: html`${made && madeSecret(made)} ${caCards(session, ca, now)} ${limitList(buckets)}
    ${apiKeys && limitForm(session, buckets, entered('limit'))} ${apiKeys && keyList(session, apiKeys, now)}
    ${apiKeys && form(session, entered('api-key'))} ${webhooks && webhookList(webhooks, now)}
    ${webhooks && webhookForm(session, entered('webhook'))} ${sessionList(session, sessions, now)}`,
  });
}

function madeSecret({ kind, secret }: NonNullable<SettingsView['made']>): Html {
  if (kind === 'webhook') return shownOnce("The webhook's secret", [['For whoever checks the signatures', secret]]);
  return shownOnce('The API key', [
    ['The key', secret],
    ['Tried with curl', `curl -H 'Authorization: Bearer ${secret}' …/v1/fleet`],
  ]);
}

function keyList(session: Session, keys: readonly ApiKeyEntity[], now: Date): Html {
  return html`<section class="card" aria-labelledby="keys">
    <h2 id="keys">API keys</h2>
    ${table(
      'API keys, oldest first',
      [
        { title: 'Note', kind: 'name', cell: ({ note }) => note ?? '–' },
        { title: 'Role', cell: ({ role }) => role },
        {
          title: 'State',
          cell: ({ expiresAt }) => (expiresAt && expiresAt <= now ? badge('none', 'expired') : badge('ok', 'usable')),
        },
        { title: 'Expires', cell: ({ expiresAt }) => (expiresAt ? ago(expiresAt, now) : 'never') },
        { title: 'Made', cell: ({ createdAt }) => ago(createdAt, now) },
        {
          title: 'Actions',
          cell: ({ id, note }) =>
            actionButton(session, '/settings/api-keys/revoke', 'Revoke', {
              fields: { id },
              about: note ?? 'the key without a note',
            }),
        },
      ],
      keys,
      'There are none: the admin token is the only way in.',
    )}
  </section>`;
}

function form(session: Session, entered?: FormFields): Html {
  const roles = ROLES.map((role) => [role, ROLE_TITLES[role]] as const);
  return html`<section class="card" aria-labelledby="make">
    <h2 id="make">Make an API key</h2>
    <form method="post" action="/settings/api-keys" class="fields">
      ${csrfField(session)}
      ${field('note', 'note', 'Note', { value: entered?.raw('note'), longest: 500, hint: 'For you: who or what uses it.' })}
      ${choice('role', 'role', 'Role', roles, entered?.raw('role'))}
      ${field('expiresAt', 'expiresAt', 'Last day', { value: entered?.raw('expiresAt'), type: 'date', hint: 'In UTC. Empty: it does not expire.' })}
      <button class="primary">Make the key</button>
    </form>
  </section>`;
}

const ROLE_TITLES = {
  viewer: 'viewer: sees everything',
  operator: 'operator: also acts on devices and records',
  admin: 'admin: also makes keys and secondaries',
} as const;
