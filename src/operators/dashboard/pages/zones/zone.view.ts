import type { ListedSecondary } from '../../../../ddns/transfer/secondaries.js';
import type { CreatedTsigKey } from '../../../../ddns/transfer/tsig-keys.js';
import type { DomainError } from '../../../../kernel/errors.js';
import { roleSuffices } from '../../../domain/role.js';
import { badge } from '../../html/badge.js';
import { definitions } from '../../html/definitions.js';
import { actionButton } from '../../html/form.js';
import { html, type Html } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { shownOnce } from '../../html/shown-once.js';
import { table } from '../../html/table.js';
import { utc } from '../../html/time.js';
import type { FormFields } from '../../http/form-fields.js';
import type { Session } from '../../session/session.js';
import { examinationCard } from './examination.view.js';
import type { ZoneDetails } from './zone-details.js';
import type { Examination } from './zone-examination.js';
import { recordForm, secondaryForm, tsigKeyForm } from './zone-forms.view.js';
import { zoneState } from './zones.view.js';

export interface ZoneView {
  readonly session: Session;
  readonly details: ZoneDetails;
  readonly notice?: string;
  /** What was entered in the form that failed, and in which one. */
  readonly failed?: {
    readonly form: 'record' | 'secondary' | 'tsig-key';
    readonly fields: FormFields;
    readonly error: DomainError;
  };
  /** A transfer key that was made just now: its secret is shown this once. */
  readonly made?: CreatedTsigKey;
  /** What the delegation check has found just now. */
  readonly examined?: Examination;
}

export function zonePage({ session, details, notice, failed, made, examined }: ZoneView): Html {
  const { zone, delegation } = details;
  return layout({
    title: zone.zone,
    section: '/zones',
    session,
    notice,
    error: failed?.error,
    trail: [{ path: '/zones', title: 'Zones' }],
    beside: html`<p>${zoneState(zone)}</p>`,
    content: html`${made && madeKey(made)}
      <div class="columns even">
        <section class="card" aria-labelledby="serial">
          <h2 id="serial">Served here</h2>
          ${definitions([
            ['Serial', zone.serial ?? 'not loaded'],
            ['Names', zone.names],
            ['Name servers', zone.nameServers.map((name) => html`<code class="line">${name}</code>`)],
          ])}
        </section>
        <section class="card" aria-labelledby="delegation">
          <h2 id="delegation">For the parent zone</h2>
          <p>These lines, entered in the parent zone, delegate <code>${zone.zone}</code> to this server.</p>
          <pre tabindex="0" aria-labelledby="delegation">${delegation.join('\n')}</pre>
        </section>
      </div>
      ${examinationCard(session, zone.zone, roleSuffices(session.operator.role, 'operator'), examined)}
      ${records(session, details, failed?.form === 'record' ? failed.fields : undefined)}
      ${secondaries(session, details, failed?.form === 'secondary' ? failed.fields : undefined)}
      ${tsigKeys(session, details, failed?.form === 'tsig-key' ? failed.fields : undefined)}`,
  });
}

function madeKey({ name, algorithm, secret }: CreatedTsigKey): Html {
  return shownOnce('The transfer key', [
    ['For BIND and NSD', `key "${name}" { algorithm ${algorithm}; secret "${secret}"; };`],
    ['For dig and kdig', `${algorithm}:${name}:${secret}`],
  ]);
}

function records(session: Session, { zone: { zone }, records: all }: ZoneDetails, entered?: FormFields): Html {
  const mayAct = roleSuffices(session.operator.role, 'operator');
  return html`<section class="card" aria-labelledby="records">
    <h2 id="records">Fixed records</h2>
    ${table(
      'Fixed records',
      [
        { title: 'Name', kind: 'name', cell: ({ name }) => html`<code>${name}</code>` },
        { title: 'Type', cell: ({ type }) => type },
        { title: 'TTL', kind: 'number', cell: ({ ttl }) => ttl },
        { title: 'Values', cell: ({ values }) => values.map((value) => html`<code class="line">${value}</code>`) },
        mayAct && {
          title: 'Actions',
          cell: ({ name, type }) =>
            actionButton(session, `/zones/${zone}/records/delete`, 'Delete', {
              fields: { name, type },
              about: `${name} ${type}`,
            }),
        },
      ],
      all,
      'There are none beside those of the devices and the zone itself.',
    )}
    ${mayAct && recordForm(session, zone, entered)}
  </section>`;
}

function secondaries(session: Session, details: ZoneDetails, entered?: FormFields): Html {
  const { zone, secondaries: all, tsigKeys: keys } = details;
  const mayAct = roleSuffices(session.operator.role, 'admin');
  return html`<section class="card" aria-labelledby="secondaries">
    <h2 id="secondaries">Secondaries</h2>
    ${table(
      'Secondaries',
      [
        { title: 'Address', kind: 'name', cell: ({ address, port }) => html`<code>${address}</code> port ${port}` },
        { title: 'State', cell: (secondary) => secondaryState(secondary, zone.serial) },
        { title: 'Serial', kind: 'number', cell: ({ serial }) => serial ?? '–' },
        { title: 'Since', cell: ({ createdAt }) => utc(createdAt) },
        { title: 'Transfer key', cell: ({ tsigKey }) => (tsigKey ? html`<code>${tsigKey}</code>` : 'none') },
        mayAct && {
          title: 'Actions',
          cell: ({ id, address }) =>
            actionButton(session, `/zones/${zone.zone}/secondaries/delete`, 'Remove', {
              fields: { id },
              about: address,
            }),
        },
      ],
      all,
      'No other server transfers this zone.',
    )}
    ${mayAct && secondaryForm(session, zone.zone, keys, entered)}
  </section>`;
}

function secondaryState({ serial }: ListedSecondary, ours: number | null): Html {
  if (serial === null) return badge('failing', 'no answer');
  return serial === ours ? badge('ok', 'current') : badge('deferred', 'behind');
}

function tsigKeys(session: Session, { zone: { zone }, tsigKeys: all }: ZoneDetails, entered?: FormFields): Html {
  const mayAct = roleSuffices(session.operator.role, 'admin');
  return html`<section class="card" aria-labelledby="keys">
    <h2 id="keys">Transfer keys</h2>
    ${table(
      'Transfer keys',
      [
        { title: 'Name', kind: 'name', cell: ({ name }) => html`<code>${name}</code>` },
        { title: 'Algorithm', cell: ({ algorithm }) => algorithm },
        { title: 'Made', cell: ({ createdAt }) => utc(createdAt) },
        mayAct && {
          title: 'Actions',
          cell: ({ name }) =>
            actionButton(session, `/zones/${zone}/tsig-keys/delete`, 'Delete', { fields: { name }, about: name }),
        },
      ],
      all,
      "There are none; without one the zone can be transferred by its secondaries' addresses only.",
    )}
    ${mayAct && tsigKeyForm(session, zone, entered)}
  </section>`;
}
