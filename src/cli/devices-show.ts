import type { Command } from 'commander';

import type { Schemas } from '../client/fleet-client.js';
import type { Console } from './console.js';
import { describeTime } from './describe-time.js';
import { findDevice } from './device-lookup.js';
import { HEALTH_STYLES } from './devices-list.js';
import { fleetCommand } from './fleet-command.js';
import { plainText } from './plain-text.js';
import { ServerClient } from './server-client.js';
import { facts } from './table.js';

export function devicesShowCommand(console: Console): Command {
  return fleetCommand('show', 'all there is to know of one device', [
    'fleetcert devices show k2v7q4m3xw5t.d.example.com',
    'fleetcert devices show 10.1.1.4 --json',
  ])
    .argument('<device>', 'its name, label, id, hardware id or address')
    .option('--json', 'print as JSON')
    .action(async (text: string, { json }: { json?: boolean }) => {
      const device = await findDevice(new ServerClient(console.environment), text);
      if (json) console.json(device);
      else console.print(deviceText(console, device, new Date()));
    });
}

function deviceText(console: Console, device: Schemas['DeviceItem'], now: Date): string {
  const { certificate, order } = device;
  const time = (value: string): string => `${describeTime(value, now)} (${plainText(value)})`;
  const entries: [string, string | null][] = [
    ['Name', device.name],
    ['Further names', device.aliases.join(' ') || null],
    ['Id', device.deviceId],
    ['State', device.state],
    ['Addresses', device.addresses.join(' ') || 'none'],
    ['Wildcard', device.wildcard ? `*.${device.name}` : null],
    ['Group', device.group],
    ['Note', device.note],
    ['Hardware id', device.hardwareId],
    ['Enrolled', time(device.enrolledAt)],
    ['Seen', device.lastSeenAt === null ? 'never' : time(device.lastSeenAt)],
    ['Clone suspected', device.cloneSuspectedAt && time(device.cloneSuspectedAt)],
    ['Certificate', device.certificateHealth],
    ['  serial', certificate && certificate.serial],
    ['  ends', certificate && time(certificate.notAfter)],
    ['  renewal', certificate && time(certificate.renewAt)],
    ['Order', order && `${order.status} (${order.orderId})`],
    ['  reason', order && order.reason],
  ];
  const shown = entries.flatMap(([name, value]) => (value === null ? [] : [[name, plainText(value)] as const]));
  return facts(
    console,
    shown.map(([name, value]) => [
      name,
      name === 'Certificate' ? console.style(HEALTH_STYLES[device.certificateHealth] ?? 'dim', value) : value,
    ]),
  );
}
