import type { Schemas } from '../client/fleet-client.js';
import { describeDuration } from '../issuer/domain/limits/duration.js';
import type { Console, Style } from './console.js';
import { describeTime } from './describe-time.js';
import { plainText } from './plain-text.js';
import { table } from './table.js';

type FleetSummary = Schemas['FleetSummary'];
type Health = keyof FleetSummary['certificates'];

/** How bad it is, and what it means. */
const HEALTHS: readonly { readonly health: Health; readonly style: Style; readonly meaning: string }[] = [
  { health: 'ok', style: 'green', meaning: 'valid, and not yet to be renewed' },
  { health: 'renewing', style: 'cyan', meaning: 'valid, and about to be replaced' },
  { health: 'at-risk', style: 'yellow', meaning: 'valid, but should have been replaced by now' },
  { health: 'failing', style: 'yellow', meaning: 'the newest order failed' },
  { health: 'expired', style: 'red', meaning: 'not valid any more' },
  { health: 'none', style: 'dim', meaning: 'no certificate' },
];
const BAR_WIDTH = 24;
const SHOWN = 5;

const number = (value: number): string => value.toLocaleString('en');

/** `fleet status` for people. */
export function fleetText(console: Console, fleet: FleetSummary): string {
  const now = new Date(fleet.serverTime);
  return [
    devicesText(console, fleet),
    certificatesText(console, fleet),
    queueText(console, fleet),
    limitsText(console, fleet),
    zonesText(console, fleet),
    expiriesText(console, fleet, now),
    failuresText(console, fleet, now),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function devicesText(console: Console, { devices, serverTime }: FleetSummary): string {
  const { total, suspended, cloneSuspected } = devices;
  const parts = [
    `${number(total)} ${total === 1 ? 'device' : 'devices'}`,
    ...(suspended > 0 ? [console.style('yellow', `${number(suspended)} suspended`)] : []),
    ...(cloneSuspected > 0 ? [console.style('red', `${number(cloneSuspected)} suspected to be cloned`)] : []),
  ];
  return `${console.style('bold', 'Fleet')}  ${parts.join(', ')}  ${console.style('dim', plainText(serverTime))}`;
}

function certificatesText(console: Console, { certificates, devices }: FleetSummary): string {
  const rows = HEALTHS.map(({ health, style, meaning }) => {
    const count = certificates[health];
    return [
      count > 0 ? console.style(style, health) : health,
      number(count),
      count > 0 ? console.style(style, bar(count, devices.total)) : '',
      console.style('dim', meaning),
    ];
  });
  return table(console, ['Certificates', '', '', ''], rows, [1]);
}

/** What is there at all is seen: one block at least. */
function bar(part: number, whole: number): string {
  return '█'.repeat(Math.max(1, Math.round((part / Math.max(part, whole)) * BAR_WIDTH)));
}

function queueText(console: Console, { queue }: FleetSummary): string {
  const { queued, issuing, deferred, reasons } = queue;
  const head = `${console.style('bold', 'Orders')}  ${number(queued)} waiting, ${number(issuing)} being issued, ${number(deferred)} put off`;
  if (reasons.length === 0) return head;
  const rows = reasons.slice(0, SHOWN).map(({ reason, orders }) => [number(orders), plainText(reason)]);
  return `${head}\n${table(console, ['', 'They wait because'], rows, [0])}`;
}

function limitsText(console: Console, { buckets }: FleetSummary): string {
  if (buckets.length === 0) return '';
  const rows = buckets.map(({ ca, limit, subject, level, capacity, secondsUntilFull }) => [
    `${plainText(limit)} (${plainText(subject)})${ca === undefined ? '' : ` at ${plainText(ca)}`}`,
    console.style(level === 0 ? 'red' : level * 10 <= capacity ? 'yellow' : 'green', number(level)),
    number(capacity),
    secondsUntilFull > 0 ? `in ${describeDuration(secondsUntilFull)}` : 'now',
  ]);
  return table(console, ["The CA's limits", 'left', 'of', 'full'], rows, [1, 2]);
}

function zonesText(console: Console, { zones }: FleetSummary): string {
  const rows = zones.map(({ zone, serial }) => [plainText(zone), String(serial)]);
  return rows.length === 0 ? '' : table(console, ['Zones', 'serial'], rows, [1]);
}

function expiriesText(console: Console, { soonestExpiries }: FleetSummary, now: Date): string {
  const rows = soonestExpiries
    .slice(0, SHOWN)
    .map(({ name, notAfter }) => [plainText(name), describeTime(notAfter, now), plainText(notAfter)]);
  return rows.length === 0 ? '' : table(console, ['Next to expire', '', ''], rows);
}

function failuresText(console: Console, { failures }: FleetSummary, now: Date): string {
  const rows = failures
    .slice(0, SHOWN)
    .map(({ name, reason, at }) => [plainText(name), describeTime(at, now), plainText(reason ?? '')]);
  return rows.length === 0 ? '' : table(console, ['Last failures', '', ''], rows);
}
