import type { EventItem } from '../../../events/event-item.js';
import type { DomainError } from '../../../../kernel/errors.js';
import { roleSuffices } from '../../../domain/role.js';
import type { DeviceItem } from '../../../devices/device-item.js';
import { badge } from '../../html/badge.js';
import { definitions } from '../../html/definitions.js';
import { eventFeed } from '../../html/event-list.js';
import { actionButton, checkBox, csrfField, field } from '../../html/form.js';
import { html, type Html, type HtmlValue } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { liveState } from '../../html/live-state.js';
import { table } from '../../html/table.js';
import { moment } from '../../html/time.js';
import type { FormFields } from '../../http/form-fields.js';
import type { Session } from '../../session/session.js';
import type { FormerAddresses } from './address-history.js';
import { addressCard } from './address-history.view.js';
import { certificateCard } from './certificate.view.js';
import type { DeviceCertificates } from './device-certificates.js';
import type { ShownOrder } from './device-orders.js';
import type { DnsAnswer } from './dns-answers.js';
import { orderTimeline } from './order-timeline.view.js';

export interface DeviceView {
  readonly session: Session;
  readonly device: DeviceItem;
  readonly certificates?: DeviceCertificates;
  readonly orders: readonly ShownOrder[];
  readonly answers: readonly DnsAnswer[];
  /** What its addresses were before, newest first. */
  readonly former: readonly FormerAddresses[];
  /** Newest first. */
  readonly events: readonly EventItem[];
  /** Of the device, before all this was read. */
  readonly version: string;
  readonly notice?: string;
  readonly error?: DomainError;
  /** What was entered and refused. */
  readonly entered?: FormFields;
  readonly now: Date;
}

export function devicePage(view: DeviceView): Html {
  const { session, device, certificates, orders, answers, former, events, version, notice, error, entered, now } = view;
  const mayAct = roleSuffices(session.operator.role, 'operator');
  return layout({
    title: device.name,
    section: '/devices',
    session,
    notice,
    error,
    scripts: ['live.js'],
    trail: [{ path: '/devices', title: 'Devices' }],
    beside: html`<p data-part="state">
        ${badge(device.state)}
        ${badge(device.certificateHealth, `certificate ${device.certificateHealth}`)}${
          device.cloneSuspectedAt && html` <span class="badge bad">clone suspected</span>`
        }
      </p>
      ${liveState(`/live/devices/${device.deviceId}`, now, version)}`,
    content: html`<div class="columns even">
        <div class="stack">
          <section class="card" aria-labelledby="about" data-part="about">
            <h2 id="about">Device</h2>
            ${about(device, now)}
          </section>
          ${addressCard(device, former, now)}
          <section class="card" aria-labelledby="dns" data-part="dns">
            <h2 id="dns">What the DNS answers right now</h2>
            ${dnsTable(answers)}
          </section>
        </div>
        <div class="stack">
          ${certificateCard(certificates, now)}
          ${mayAct && actions(session, device, { mayBeRevoked: certificates !== undefined && !certificates.newest.revokedAt, entered })}
        </div>
      </div>
      <div class="columns">
        <div class="stack">
          <section class="card" aria-labelledby="orders" data-part="orders">
            <h2 id="orders">Orders</h2>
            ${orders.length === 0 && html`<p class="empty">The device has not ordered a certificate yet.</p>`}
            ${orders.map((order, index) => orderTimeline({ order, isNewest: index === 0, session: mayAct ? session : undefined, now }))}
          </section>
        </div>
        <div class="stack">
          <section class="card" aria-labelledby="happened" data-part="events">
            <h2 id="happened"><a href="/events?device=${device.deviceId}">Events</a></h2>
            ${eventFeed(events, now, { whenEmpty: 'Nothing has happened to it lately.', isOfOne: true })}
          </section>
        </div>
      </div>`,
  });
}

function about(device: DeviceItem, now: Date): Html {
  const { deviceId, zone, group, note, hardwareId, enrolledAt, lastSeenAt, cloneSuspectedAt } = device;
  return definitions([
    ['Zone', html`<a href="/zones/${zone}"><code>${zone}</code></a>`],
    ['Wildcard', device.wildcard ? html`<code>*.${device.name}</code> has the same addresses` : 'off'],
    ['Further names', device.aliases.map((label) => html`<code class="line">${label}.${zone}</code>`)],
    ['Group', group],
    ['Note', note],
    ['Hardware id', hardwareId && html`<code>${hardwareId}</code>`],
    ['Enrolled', moment(enrolledAt, now)],
    ['Last seen', lastSeenAt ? moment(lastSeenAt, now) : 'never'],
    [
      'Clone suspected',
      cloneSuspectedAt &&
        html`${moment(cloneSuspectedAt, now)}: another device showed the same key. Enroll this one anew with a key of
        its own.`,
    ],
    ['Device id', html`<code>${deviceId}</code>`],
    ['For its user', html`<a href="/check?name=${device.name}">Is it reachable from this browser?</a>`],
  ]);
}

const NO_RECORDS = {
  answer: '',
  nodata: 'no records of this type',
  nxdomain: 'no such name',
  referral: 'delegated elsewhere',
  'not-served': 'this server does not serve the zone at this moment',
} as const;

function dnsTable(answers: readonly DnsAnswer[]): HtmlValue {
  return table(
    'Questions and their answers',
    [
      { title: 'Question', kind: 'name', cell: ({ name, type }) => html`<code>${name} ${type}</code>` },
      {
        title: 'Answer',
        cell: ({ kind, records }) =>
          records.length > 0
            ? records.map(({ value }) => html`<code class="line">${value}</code>`)
            : html`<span class="muted">${NO_RECORDS[kind]}</span>`,
      },
      { title: 'TTL', kind: 'number', cell: ({ records }) => records[0]?.ttl ?? '–' },
    ],
    answers,
    '',
  );
}

function actions(
  session: Session,
  { deviceId, zone, state, note, group, wildcard, aliases }: DeviceItem,
  { mayBeRevoked, entered }: { readonly mayBeRevoked: boolean; readonly entered?: FormFields },
): Html {
  const path = `/devices/${deviceId}`;
  return html`<section class="card" aria-labelledby="actions">
    <h2 id="actions">Actions</h2>
    <form method="post" action="${path}/attributes" class="fields">
      ${csrfField(session)} ${field('note', 'note', 'Note', { value: entered?.raw('note') ?? note, longest: 500 })}
      ${field('group', 'group', 'Group', { value: entered?.raw('group') ?? group, longest: 100 })}
      ${field('aliases', 'aliases', 'Further names', { value: entered?.raw('aliases') ?? aliases.join(' '), longest: 3_000, hint: `Labels in ${zone}, with spaces between them.` })}
      ${checkBox('wildcard', 'wildcard', "Answer every name below the device's with its addresses (wildcard)", entered?.isChecked('wildcard') ?? wildcard)}
      <button class="primary">Save</button>
    </form>
    <div class="buttons">
      ${
        state === 'suspended'
          ? actionButton(session, `${path}/resume`, 'Resume the device')
          : actionButton(session, `${path}/suspend`, 'Suspend the device')
      }
      ${mayBeRevoked && html`<a class="button danger" href="${path}/revoke">Revoke the certificate …</a>`}
      <a class="button danger" href="${path}/delete">Delete the device …</a>
    </div>
  </section>`;
}
