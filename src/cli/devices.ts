import type { Command } from 'commander';

import { Console } from './console.js';
import { devicesActCommands } from './devices-act.js';
import { devicesListCommand } from './devices-list.js';
import { devicesShowCommand } from './devices-show.js';
import { fleetCommand } from './fleet-command.js';

/** `fleetcert devices`. */
export function devicesCommand(console = new Console()): Command {
  const devices = fleetCommand('devices', 'devices: list, show, suspend, resume, delete');
  devices.addCommand(devicesListCommand(console), { isDefault: true });
  devices.addCommand(devicesShowCommand(console));
  for (const command of devicesActCommands(console)) devices.addCommand(command);
  return devices;
}
