import { enrollCommand } from '../../../../api-tls/domain/enroll-command.js';
import type { EnrollmentKeys } from '../../../../devices/enrollment/enrollment-keys.js';
import type { DomainError } from '../../../../kernel/errors.js';
import { roleSuffices } from '../../../domain/role.js';
import { badge } from '../../html/badge.js';
import { actionButton, choice, csrfField, field } from '../../html/form.js';
import { html, type Html } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { shownOnce } from '../../html/shown-once.js';
import { table, type Column } from '../../html/table.js';
import { ago } from '../../html/time.js';
import type { FormFields } from '../../http/form-fields.js';
import type { Session } from '../../session/session.js';

type Key = Awaited<ReturnType<EnrollmentKeys['list']>>[number];

export interface EnrollmentView {
  readonly session: Session;
  readonly keys: readonly Key[];
  readonly zones: readonly string[];
  /** That devices reach the API under. */
  readonly serverUrl: string;
  /** Of the key of our own TLS, while devices take its certificate by nothing else. */
  readonly pin?: string;
  readonly now: Date;
  readonly notice?: string;
  readonly failed?: { readonly fields: FormFields; readonly error: DomainError };
  /** A key that was made just now: it is shown this once. */
  readonly madeKey?: string;
}

export function enrollmentPage(view: EnrollmentView): Html {
  const { session, keys, serverUrl, pin, now, notice, failed, madeKey } = view;
  const mayAct = roleSuffices(session.operator.role, 'operator');
  return layout({
    title: 'Enrollment',
    section: '/enrollment',
    session,
    notice,
    error: failed?.error,
    content: html`${
        madeKey !== undefined &&
        shownOnce('The enrollment key', [
          ['On the device, as root', enrollCommand({ serverUrl, key: madeKey, pin })],
          ['The key itself', madeKey],
        ])
      }
      <section class="card" aria-labelledby="keys">
        <h2 id="keys">Enrollment keys</h2>
        ${table('Enrollment keys, oldest first', columns(session, mayAct, now), keys, 'There are none yet.')}
      </section>
      ${mayAct && form(view)}`,
  });
}

function columns(session: Session, mayAct: boolean, now: Date): (Column<Key> | false)[] {
  return [
    { title: 'Note', kind: 'name', cell: ({ note }) => note ?? '–' },
    { title: 'State', cell: (key) => stateOf(key, now) },
    { title: 'Used', kind: 'number', cell: ({ uses, maxUses }) => (maxUses === null ? uses : `${uses} of ${maxUses}`) },
    { title: 'Zone', cell: ({ zone }) => html`<code>${zone}</code>` },
    { title: 'Group', cell: ({ group }) => group ?? '–' },
    { title: 'Expires', cell: ({ expiresAt }) => (expiresAt ? ago(expiresAt, now) : 'never') },
    { title: 'Made', cell: ({ createdAt }) => ago(createdAt, now) },
    mayAct && {
      title: 'Actions',
      cell: ({ id, note }) =>
        actionButton(session, '/enrollment/revoke', 'Revoke', {
          fields: { id },
          about: note ?? 'the key without a note',
        }),
    },
  ];
}

function stateOf({ expiresAt, maxUses, uses }: Key, now: Date): Html {
  if (expiresAt && expiresAt <= now) return badge('none', 'expired');
  return maxUses !== null && uses >= maxUses ? badge('none', 'used up') : badge('ok', 'usable');
}

function form({ session, zones, failed }: EnrollmentView): Html {
  const entered = failed?.fields;
  return html`<section class="card" aria-labelledby="make">
    <h2 id="make">Make a key</h2>
    <form method="post" action="/enrollment" class="fields">
      ${csrfField(session)}
      ${field('note', 'note', 'Note', { value: entered?.raw('note'), longest: 500, hint: 'For you: which devices it is for.' })}
      ${field('maxUses', 'maxUses', 'Number of devices', { value: entered?.raw('maxUses'), type: 'number', least: 1, most: 10_000_000, hint: 'Empty: any number.' })}
      ${field('expiresAt', 'expiresAt', 'Last day', { value: entered?.raw('expiresAt'), type: 'date', hint: 'In UTC. Empty: it does not expire.' })}
      ${choice(
        'zone',
        'zone',
        'Zone',
        zones.map((zone) => [zone, zone] as const),
        entered?.raw('zone'),
      )}
      ${field('group', 'group', 'Group', { value: entered?.raw('group'), longest: 100, hint: 'Its devices are put into this group.' })}
      <button class="primary">Make the key</button>
    </form>
  </section>`;
}
