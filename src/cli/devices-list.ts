import { type Command, Option } from 'commander';

import { everyItem, type Schemas } from '../client/fleet-client.js';
import type { Console, Style } from './console.js';
import { describeTime } from './describe-time.js';
import { deviceFilter, type DeviceOptions, withDeviceOptions } from './device-options.js';
import { assertExportAlone, exportOption, type ExportOptions, printStream } from './export.js';
import { fleetCommand } from './fleet-command.js';
import { gather } from './gather.js';
import { parseCount } from './option-values.js';
import { plainText } from './plain-text.js';
import { ServerClient } from './server-client.js';
import { table } from './table.js';

type Device = Schemas['DeviceItem'];

const PAGE = 1000;
const SORTS = ['enrolledAt', 'name', 'notAfter', 'lastSeenAt'].flatMap((sort) => [sort, `-${sort}`]);

export const HEALTH_STYLES: Readonly<Record<string, Style>> = {
  ok: 'green',
  renewing: 'cyan',
  'at-risk': 'yellow',
  failing: 'yellow',
  expired: 'red',
  none: 'dim',
};

interface ListOptions extends DeviceOptions, ExportOptions {
  readonly sort?: 'name';
}

export function devicesListCommand(console: Console): Command {
  const command = fleetCommand('list', 'devices, all of them or those that the options name', [
    'fleetcert devices list --health at-risk,expired',
    'fleetcert devices list --group rack-1 --silent-since 14d',
    "fleetcert devices list --search 10.1.1.4 --json | jq -r '.items[].name'",
    'fleetcert devices list --export csv >devices.csv',
  ]);
  return withDeviceOptions(command)
    .addOption(new Option('--sort <field>', 'with - before it the other way round').choices(SORTS))
    .option('--limit <number>', 'so many at most', parseCount)
    .option('--json', 'print as JSON')
    .addOption(exportOption())
    .action((options: ListOptions) => list(options, console));
}

async function list(options: ListOptions, console: Console): Promise<void> {
  const server = new ServerClient(console.environment);
  const filter = { ...deviceFilter(options), ...(options.sort && { sort: options.sort }) };
  if (options.export) {
    assertExportAlone(options);
    const query = { ...filter, format: options.export };
    await printStream(server, server.api.GET('/v1/devices/export', { params: { query }, parseAs: 'stream' }), console);
    return;
  }
  const pages = everyItem((cursor) => {
    const query = { ...filter, limit: Math.min(options.limit ?? PAGE, PAGE), ...(cursor !== undefined && { cursor }) };
    return server.answer(server.api.GET('/v1/devices', { params: { query } }));
  });
  const devices = await gather(pages, options.limit, 'devices', console);
  if (options.json) console.json({ items: devices });
  else if (devices.length === 0) console.note('No devices.');
  else console.print(devicesTable(console, devices, new Date()));
}

function devicesTable(console: Console, devices: readonly Device[], now: Date): string {
  const rows = devices.map(({ name, state, certificateHealth, certificate, addresses, group, lastSeenAt }) => [
    plainText(name),
    state === 'active' ? state : console.style('yellow', plainText(state)),
    console.style(HEALTH_STYLES[certificateHealth] ?? 'dim', plainText(certificateHealth)),
    describeTime(certificate?.notAfter, now),
    plainText(addresses.join(' ')),
    plainText(group ?? ''),
    describeTime(lastSeenAt, now),
  ]);
  return table(console, ['Device', 'State', 'Certificate', 'Ends', 'Addresses', 'Group', 'Seen'], rows);
}
