import type { Page } from '../../../../platform/http/page.js';
import type { ListedAuditEntry } from '../../../audit/audit-log.js';
import type { ApiKeyEntity } from '../../../auth/api-key.entity.js';
import { badge } from '../../html/badge.js';
import { downloads } from '../../html/download.js';
import { choice } from '../../html/form.js';
import { html, type Html, type HtmlValue } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { pager } from '../../html/pager.js';
import { table } from '../../html/table.js';
import { stamp } from '../../html/time.js';
import type { Session } from '../../session/session.js';

export interface AuditView {
  readonly session: Session;
  /** The API key's id, or `admin-token`, of whom it is asked for; absent: of everybody. */
  readonly operator?: string;
  /** Those that work: their notes say who is meant. */
  readonly keys: readonly ApiKeyEntity[];
  readonly page: Page<ListedAuditEntry>;
  readonly cursor?: string;
  readonly now: Date;
}

const FIRST_REFUSAL = 400;

export function auditPage({ session, operator, keys, page, cursor, now }: AuditView): Html {
  const names = new Map([['admin-token', 'the admin token'], ...keys.map(({ id, note }) => [id, note ?? id] as const)]);
  const known = operator === undefined || names.has(operator) ? [...names] : [...names, [operator, operator] as const];
  return layout({
    title: 'Audit',
    section: '/audit',
    session,
    content: html`<form method="get" action="/audit" class="filters" role="search" aria-label="Audit">
        ${choice('operator', 'operator', 'Operator', [['', 'everybody'], ...known], operator)}
        <button class="primary">Show</button>
        ${operator !== undefined && html`<a class="clear" href="/audit">Clear</a>`}
      </form>
      <section class="card" aria-label="Audit">
        ${table(
          'What operators did, newest first',
          [
            { title: 'When', kind: 'name', cell: ({ at }) => stamp(at, now) },
            { title: 'Who', cell: ({ operatorId, role }) => who(names.get(operatorId), operatorId, role) },
            { title: 'Action', cell: ({ action }) => html`<code>${action}</code>` },
            { title: 'About', cell: about },
            { title: 'Details', cell: ({ details }) => detailsOf(details) },
            { title: 'From', cell: ({ clientAddress }) => html`<code class="nowrap">${clientAddress ?? '–'}</code>` },
            { title: 'Outcome', cell: outcome },
          ],
          page.items,
          operator === undefined ? 'No operator has done anything yet.' : 'This operator has done nothing.',
        )}
        ${pager('/audit', { operator }, cursor, page.nextCursor)}
        ${page.items.length > 0 && html`<div class="foot">${downloads('/audit/export', { operator })}</div>`}
      </section>`,
  });
}

function who(name: string | undefined, id: string, role: string): Html {
  return html`${name ?? html`<code>${id}</code>`} <span class="muted">${role}</span>`;
}

const DEVICE_ACTION = /\/devices\/:id/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

function about({ action, target }: ListedAuditEntry): Html {
  if (target === null) return html`–`;
  const device = DEVICE_ACTION.test(action) ? UUID.exec(target)?.[0] : undefined;
  if (device === undefined) return html`<code>${target}</code>`;
  return html`<a href="/devices/${device}"><code>${target}</code></a>`;
}

function detailsOf(details: ListedAuditEntry['details']): HtmlValue {
  const entries = Object.entries(details);
  if (entries.length === 0) return '–';
  return entries.map(
    ([name, value]) =>
      html`<span class="line">${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}</span>`,
  );
}

/** A form of the dashboard that was refused was answered all the same: its status says so. */
function outcome({ status, outcome: word }: ListedAuditEntry): Html {
  if (status < FIRST_REFUSAL) return badge('done');
  return html`${badge('refused')} <span class="muted">${word === 'done' ? status : word.replaceAll('_', ' ')}</span>`;
}
