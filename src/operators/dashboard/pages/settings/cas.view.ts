import { LIMIT_NAMES, type LimitName } from '../../../../issuer/domain/limits/limit-name.js';
import type { LimitProfile, LimitValues } from '../../../../issuer/domain/limits/limit-profile.js';
import { limitRule } from '../../../../issuer/domain/limits/limit-rule.js';
import { durationText } from '../../domain/duration-text.js';
import { roleSuffices } from '../../../domain/role.js';
import { badge } from '../../html/badge.js';
import { definitions } from '../../html/definitions.js';
import { figure } from '../../html/figure.js';
import { actionButton } from '../../html/form.js';
import { html, type Html, type HtmlValue } from '../../html/html.js';
import { table } from '../../html/table.js';
import { moment } from '../../html/time.js';
import type { Session } from '../../session/session.js';
import type { CaSettings, ShownCa } from './ca-settings.js';

/** The CAs in the order in which orders fall back. */
export function caCards(session: Session, { cas, ordersInFlight, ordersRunning }: CaSettings, now: Date): Html {
  return html`${cas.map((shown, index) => caCard(session, shown, { index, isOneOfSeveral: cas.length > 1, now }))}
    <p class="muted below">
      ${figure(ordersRunning)} orders are worked on now; ${figure(ordersInFlight)} at most on each server. CAs are set
      by environment variables; a change needs a restart.
    </p>`;
}

interface Place {
  readonly index: number;
  readonly isOneOfSeveral: boolean;
  readonly now: Date;
}

function caCard(session: Session, shown: ShownCa, { index, isOneOfSeveral, now }: Place): Html {
  const { ca, isSandbox, account, ordersRunning, limits, state } = shown;
  const isPaused = state !== undefined && (state.paused || state.pausedNames.size > 0);
  const role = ca.stagingOf !== undefined ? 'staging: failed orders are rehearsed there' : roleOf(index);
  return html`<section class="card" aria-labelledby="ca-${index}">
    <h2 id="ca-${index}">Certificate authority: ${ca.name} ${stateBadge(shown)}</h2>
    ${definitions([
      ['Place', isOneOfSeveral && role],
      [
        'Directory',
        html`<code>${ca.directoryUrl}</code>${isSandbox && html` <span class="muted">(the sandbox's own CA)</span>`}`,
      ],
      ['State', troubleText(shown, now)],
      [
        'Paused names',
        [...(state?.pausedNames ?? [])].slice(0, SHOWN_NAMES).map((name) => html`<code class="line">${name}</code>`),
      ],
      ['Account', account?.accountUrl ? html`<code>${account.accountUrl}</code>` : 'not registered yet'],
      ['Registered', account?.registeredAt && moment(account.registeredAt, now)],
      ['Contact', account?.contact ?? ca.contact ?? 'none'],
      ['External account', account?.eabKid ?? ca.externalAccount?.kid],
      ['Profile', ca.profile ?? "the CA's default"],
      ['In CAA records', ca.caaIdentities?.join(', ')],
      ['Orders running', figure(ordersRunning)],
      ['Rate limits', limits?.name ?? ca.limits],
    ])}
    ${
      isPaused &&
      roleSuffices(session.operator.role, 'admin') &&
      html`<div class="buttons">
        ${actionButton(session, '/settings/cas/resume', 'The pause is over: try again', { fields: { ca: ca.directoryUrl }, about: ca.name })}
      </div>`
    }
    ${limits && limitValues(limits)}
  </section>`;
}

const SHOWN_NAMES = 20;

function roleOf(index: number): string {
  return index === 0 ? 'first: orders go there' : 'orders fall back to it';
}

function stateBadge({ state }: ShownCa): HtmlValue {
  if (!state) return null;
  if (state.paused) return badge('critical', 'has paused us');
  return state.trouble ? badge('failing', 'in trouble') : badge('ok', 'well');
}

function troubleText({ state }: ShownCa, now: Date): HtmlValue {
  const what = state?.pause ?? state?.trouble;
  if (!what) return null;
  return html`${what.detail} Since ${moment(new Date(what.since), now)}; it is tried again
  ${moment(new Date(what.probeAt), now)}.`;
}

function limitValues({ limits, overrides }: LimitProfile): Html {
  const known = LIMIT_NAMES.flatMap((name): [LimitName, LimitValues][] => {
    const values = limits[name];
    return values === null ? [] : [[name, values]];
  });
  return html`<details>
    <summary>Its limits in figures</summary>
    ${table(
      'Limits of the CA',
      [
        { title: 'Limit', kind: 'name', cell: ([name]) => limitRule(name).title },
        { title: 'Of each', cell: ([name]) => limitRule(name).scope.replaceAll('-', ' ') },
        { title: 'At once', kind: 'number', cell: ([, { burst }]) => figure(burst) },
        {
          title: 'In all',
          cell: ([, { count, periodSeconds }]) => `${figure(count)} in ${periodText(periodSeconds)}`,
        },
        { title: 'Exempt', cell: ([name]) => limitRule(name).exempt.join(', ') || '–' },
      ],
      known,
      'It has none that are known here.',
    )}
    ${overrides.map(
      ({ limit, for: subject, values }) =>
        html`<p>
          Override: ${limitRule(limit).title} (<code>${subject}</code>): ${figure(values.count)} in
          ${periodText(values.periodSeconds)}
        </p>`,
    )}
  </details>`;
}

function periodText(seconds: number): string {
  return seconds < 120 ? `${seconds} seconds` : durationText(seconds * 1000);
}
