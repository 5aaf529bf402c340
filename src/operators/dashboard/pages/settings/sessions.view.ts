import { definitions } from '../../html/definitions.js';
import { actionButton } from '../../html/form.js';
import { html, type Html } from '../../html/html.js';
import { table } from '../../html/table.js';
import { ago, moment } from '../../html/time.js';
import type { Session } from '../../session/session.js';
import type { ListedSession } from '../../session/sessions.js';

/** Where the same credential is signed in. */
export function sessionList(session: Session, sessions: readonly ListedSession[], now: Date): Html {
  const { operator, expiresAt } = session;
  return html`<section class="card" aria-labelledby="sessions">
    <h2 id="sessions">Your sessions</h2>
    ${definitions([
      ['Signed in with', operator.id === 'admin-token' ? 'the admin token' : html`API key <code>${operator.id}</code>`],
      ['Role', operator.role],
      ['This one ends', moment(expiresAt, now)],
    ])}
    ${table(
      'Sessions of this credential, newest first',
      [
        {
          title: 'Browser',
          kind: 'name',
          cell: ({ userAgent, isThisOne }) =>
            html`${userAgent ?? 'unknown'}${isThisOne && html` <span class="badge good">this one</span>`}`,
        },
        { title: 'From', cell: ({ clientAddress }) => html`<code class="nowrap">${clientAddress ?? '–'}</code>` },
        { title: 'Signed in', cell: ({ createdAt }) => ago(createdAt, now) },
        { title: 'Ends', cell: ({ expiresAt: end }) => ago(end, now) },
      ],
      sessions,
      '',
    )}
    ${
      sessions.length > 1 &&
      html`<div class="buttons">
        ${actionButton(session, '/settings/sessions/end-others', 'End every other session')}
      </div>`
    }
  </section>`;
}
