import type { StoredCertificate } from '../../../../issuer/certificates/certificate-store.js';
import { roleSuffices } from '../../../domain/role.js';
import type { DeviceItem } from '../../../devices/device-listing.js';
import { badge } from '../../html/badge.js';
import { definitions } from '../../html/definitions.js';
import { actionButton, checkBox, csrfField, field } from '../../html/form.js';
import { html, type Html, type HtmlValue } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import { table } from '../../html/table.js';
import { moment } from '../../html/time.js';
import type { Session } from '../../session/session.js';
import { certificateCard } from './certificate.view.js';
import type { ShownOrder } from './device-orders.js';
import type { DnsAnswer } from './dns-answers.js';
import { orderTimeline } from './order-timeline.view.js';

export interface DeviceView {
  readonly session: Session;
  readonly device: DeviceItem;
  /** The newest one, revoked or not. */
  readonly certificate?: StoredCertificate;
  readonly orders: readonly ShownOrder[];
  readonly answers: readonly DnsAnswer[];
  readonly notice?: string;
  readonly now: Date;
}

export function devicePage({ session, device, certificate, orders, answers, notice, now }: DeviceView): Html {
  const mayAct = roleSuffices(session.operator.role, 'operator');
  return layout({
    title: device.name,
    section: '/devices',
    session,
    notice,
    trail: [{ path: '/devices', title: 'Devices' }],
    beside: html`<p>
      ${badge(device.state)}
      ${badge(device.certificateHealth, `certificate ${device.certificateHealth}`)}${
        device.cloneSuspectedAt && html` <span class="badge bad">clone suspected</span>`
      }
    </p>`,
    content: html`<div class="columns even">
        <section class="card" aria-labelledby="about">
          <h2 id="about">Device</h2>
          ${about(device, now)}
        </section>
        ${certificateCard(certificate, now)}
      </div>
      <section class="card" aria-labelledby="dns">
        <h2 id="dns">What the DNS answers right now</h2>
        ${dnsTable(answers)}
      </section>
      <section class="card" aria-labelledby="orders">
        <h2 id="orders">Orders</h2>
        ${orders.length === 0 && html`<p class="empty">The device has not ordered a certificate yet.</p>`}
        ${orders.map((order, index) => orderTimeline(order, index === 0, now))}
      </section>
      ${mayAct && actions(session, device)}`,
  });
}

function about(device: DeviceItem, now: Date): Html {
  const { deviceId, addresses, zone, group, note, hardwareId, enrolledAt, lastSeenAt, cloneSuspectedAt } = device;
  return definitions([
    [
      'Addresses',
      addresses.length > 0 ? addresses.map((address) => html`<code class="line">${address}</code>`) : 'none',
    ],
    ['Zone', html`<a href="/zones/${zone}"><code>${zone}</code></a>`],
    ['Wildcard', device.wildcard ? html`<code>*.${device.name}</code> has the same addresses` : 'off'],
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

function actions(session: Session, { deviceId, state, note, group, wildcard }: DeviceItem): Html {
  const path = `/devices/${deviceId}`;
  return html`<section class="card" aria-labelledby="actions">
    <h2 id="actions">Actions</h2>
    <form method="post" action="${path}/attributes" class="fields">
      ${csrfField(session)} ${field('note', 'note', 'Note', { value: note, longest: 500 })}
      ${field('group', 'group', 'Group', { value: group, longest: 100 })}
      ${checkBox('wildcard', 'wildcard', "Answer every name below the device's with its addresses (wildcard)", wildcard)}
      <button class="primary">Save</button>
    </form>
    <div class="buttons">
      ${
        state === 'suspended'
          ? actionButton(session, `${path}/resume`, 'Resume the device')
          : actionButton(session, `${path}/suspend`, 'Suspend the device')
      }
      <a class="button danger" href="${path}/delete">Delete the device …</a>
    </div>
  </section>`;
}
