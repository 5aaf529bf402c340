import { CHECKS, type CheckName, type Finding, type FindingStatus } from '../../../../ddns/doctor/domain/finding.js';
import { badge } from '../../html/badge.js';
import { csrfField } from '../../html/form.js';
import { html, type Html, type HtmlValue } from '../../html/html.js';
import { table } from '../../html/table.js';
import { utc } from '../../html/time.js';
import type { Session } from '../../session/session.js';
import type { Examination } from './zone-examination.js';

/** The worst first: that is what somebody has to do something about. */
const ORDER: readonly FindingStatus[] = ['fail', 'warn', 'ok', 'skipped'];

/** What this cannot see from here: the command can. */
const NOT_FROM_HERE: readonly CheckName[] = ['test-record', 'resolver', 'rebinding'];

/** The delegation check: a button, and what it has found. */
export function examinationCard(session: Session, zone: string, mayAct: boolean, examined?: Examination): Html {
  return html`<section class="card" aria-labelledby="check">
    <h2 id="check">Delegation check</h2>
    <p>
      Asks the parent zone and every name server, over UDP and TCP, as this server reaches them. For a look from
      outside, run <code>npx fleetcert doctor --zone ${zone}</code> on another machine.
    </p>
    ${examined && findings(examined)}
    ${
      mayAct &&
      html`<form method="post" action="/zones/${zone}/check#check" class="action">
        ${csrfField(session)}<button>${examined ? 'Check again' : 'Check now'}</button>
        <span class="muted">This takes up to 25 seconds.</span>
      </form>`
    }
  </section>`;
}

function findings({ findings: all, at }: Examination): HtmlValue {
  const shown = all
    .filter(({ check, status }) => !(status === 'skipped' && NOT_FROM_HERE.includes(check)))
    .toSorted((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || byCheck(a, b));
  const wrong = shown.filter(({ status }) => status === 'fail').length;
  return html`<p class="alert ${wrong === 0 ? 'good' : 'bad'}" role="status">
      ${wrong === 0 ? 'Nothing is wrong' : `${wrong} ${wrong === 1 ? 'thing is' : 'things are'} wrong`}, as of
      ${utc(at)}.
    </p>
    ${table(
      'What was found, the worst first',
      [
        { title: 'Check', kind: 'name', cell: ({ check }) => check.replaceAll('-', ' ') },
        { title: 'Result', cell: ({ status }) => badge(status, WORDS[status]) },
        { title: 'About', cell: ({ subject }) => html`<code>${subject}</code>` },
        { title: 'Found', cell: found },
      ],
      shown,
      'There was nothing to look at.',
    )}`;
}

const WORDS: Readonly<Record<FindingStatus, string>> = {
  ok: 'ok',
  warn: 'look at it',
  fail: 'wrong',
  skipped: 'left out',
};

function byCheck(a: Finding, b: Finding): number {
  return CHECKS.indexOf(a.check) - CHECKS.indexOf(b.check);
}

function found({ message, advice }: Finding): Html {
  return html`${message}${advice.map((line) =>
    line.startsWith('  ')
      ? html`<code class="line">${line.trim()}</code>`
      : html`<span class="line muted">${line}</span>`,
  )}`;
}
