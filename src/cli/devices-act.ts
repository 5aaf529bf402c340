import type { Command } from 'commander';

import { actOnFilter, type BulkWish } from './bulk.js';
import type { Console } from './console.js';
import { findDevice } from './device-lookup.js';
import { deviceFilter, type DeviceOptions, withDeviceOptions } from './device-options.js';
import { CommandError, EXIT } from './exit-codes.js';
import { fleetCommand } from './fleet-command.js';
import { forEach } from './for-each.js';
import { plainText } from './plain-text.js';
import { ServerClient } from './server-client.js';

interface ActOptions extends DeviceOptions {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly revoke?: boolean;
  readonly json?: boolean;
}

/** One of the things that can be done to devices. */
interface Action {
  readonly name: 'suspend' | 'resume' | 'delete';
  readonly summary: string;
  /** `is suspended` */
  readonly done: string;
  /** Cannot be undone: needs --yes for named devices, too. */
  readonly isFinal: boolean;
  act(server: ServerClient, id: string, options: ActOptions): Promise<unknown>;
}

const ACTIONS: readonly Action[] = [
  {
    name: 'suspend',
    summary: 'let devices change nothing and get nothing new',
    done: 'is suspended',
    isFinal: false,
    act: (server, id) => server.answer(server.api.POST('/v1/devices/{id}/suspend', { params: { path: { id } } })),
  },
  {
    name: 'resume',
    summary: 'end the suspension of devices',
    done: 'is active',
    isFinal: false,
    act: (server, id) => server.answer(server.api.POST('/v1/devices/{id}/resume', { params: { path: { id } } })),
  },
  {
    name: 'delete',
    summary: 'delete devices: records, credential and name go for ever',
    done: 'is deleted',
    isFinal: true,
    act: async (server, id, { revoke = false }) => {
      const params = { path: { id }, query: { revoke } };
      await server.answer(server.api.DELETE('/v1/devices/{id}', { params }));
      return { deviceId: id };
    },
  },
];

/** `devices suspend|resume|delete`, of devices by name, or of all that the options match. */
export function devicesActCommands(console: Console): Command[] {
  return ACTIONS.map((action) => actCommand(action, console));
}

function actCommand(action: Action, console: Console): Command {
  const { name, summary, isFinal } = action;
  const command = fleetCommand(name, summary, [
    `fleetcert devices ${name} k2v7q4m3xw5t.d.example.com${isFinal ? ' --yes' : ''}`,
    `fleetcert devices ${name} --group rack-1 --dry-run`,
    `fleetcert devices ${name} --group rack-1 --yes`,
  ]).argument('[device...]', 'their names, ids, hardware ids or addresses');
  withDeviceOptions(command)
    .option('--all', 'every device')
    .option('--dry-run', 'say which devices it would be, and do nothing')
    .option('--yes', isFinal ? 'do it' : 'do it: needed where options say which devices');
  if (name === 'delete') command.option('--revoke', 'also revoke their certificates');
  return command
    .option('--json', 'print as JSON')
    .action((devices: string[], options: ActOptions) => run(action, devices, options, console));
}

async function run(action: Action, devices: readonly string[], options: ActOptions, console: Console): Promise<void> {
  const filter = deviceFilter(options);
  const isFiltered = Object.keys(filter).length > 0;
  if ([devices.length > 0, isFiltered, options.all === true].filter(Boolean).length !== 1) {
    throw new CommandError('Say which devices: their names, or options such as --group, or --all.', EXIT.usage);
  }
  if (options.dryRun && options.yes) throw new CommandError('--dry-run and --yes exclude each other.', EXIT.usage);
  const server = new ServerClient(console.environment);
  if (devices.length > 0) {
    await actOnNamed(server, action, devices, options, console);
    return;
  }
  const wish: BulkWish = {
    action: action.name,
    filter,
    ...(action.name === 'delete' && { revoke: options.revoke ?? false }),
  };
  await actOnFilter(server, wish, { isWanted: options.yes === true, json: options.json }, console);
}

async function actOnNamed(
  server: ServerClient,
  action: Action,
  devices: readonly string[],
  options: ActOptions,
  console: Console,
): Promise<void> {
  const isOnlyShown = options.dryRun || (action.isFinal && !options.yes);
  const how = { json: options.json, done: isOnlyShown ? `would be: ${action.name}` : action.done, work: 'devices' };
  await forEach(devices, how, console, async (text) => {
    const device = await findDevice(server, text);
    return isOnlyShown ? device : action.act(server, device.deviceId, options);
  });
  if (isOnlyShown && !options.dryRun) console.note(`Nothing was done. To ${plainText(action.name)} them, add --yes.`);
}
