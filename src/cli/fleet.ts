import { setTimeout as sleep } from 'node:timers/promises';

import { type Command, Option } from 'commander';

import type { Schemas } from '../client/fleet-client.js';
import { Console } from './console.js';
import { CommandError, EXIT } from './exit-codes.js';
import { fleetCommand } from './fleet-command.js';
import { fleetText } from './fleet-output.js';
import { parseSeconds } from './option-values.js';
import { plainJson } from './plain-text.js';
import { Screen } from './screen.js';
import { ServerClient } from './server-client.js';

interface StatusOptions {
  readonly json?: boolean;
  /** Seconds; true: the usual ones. */
  readonly watch?: number | true;
}

const USUAL_WATCH_SECONDS = 2;

/** `fleetcert fleet`: the fleet at a glance. */
export function fleetStatusCommand(console = new Console()): Command {
  const fleet = fleetCommand('fleet', 'the fleet at a glance');
  fleet.addCommand(
    fleetCommand('status', 'devices, certificates, orders, limits, zones', [
      'fleetcert fleet status',
      'fleetcert fleet status --watch',
      "fleetcert fleet status --json | jq '.certificates'",
    ])
      .option('--json', 'print as JSON; with --watch one line each time')
      .addOption(new Option('--watch [seconds]', 'show it anew every so often, until Ctrl-C').argParser(parseSeconds))
      .action((options: StatusOptions) => status(options, console)),
    { isDefault: true },
  );
  return fleet;
}

async function status(options: StatusOptions, console: Console): Promise<void> {
  const server = new ServerClient(console.environment);
  const read = (): Promise<Schemas['FleetSummary']> => server.answer(server.api.GET('/v1/fleet'));
  if (options.watch === undefined) {
    show(await read(), options, console);
    return;
  }
  const seconds = options.watch === true ? USUAL_WATCH_SECONDS : options.watch;
  await watch(read, seconds, options, console);
}

function show(fleet: Schemas['FleetSummary'], { json }: StatusOptions, console: Console): void {
  if (json) console.json(fleet);
  else console.print(fleetText(console, fleet));
}

/** Until Ctrl-C. A server that is away for a while (a restart) is said so, and asked again. */
async function watch(
  read: () => Promise<Schemas['FleetSummary']>,
  seconds: number,
  { json }: StatusOptions,
  console: Console,
): Promise<void> {
  const stopped = new AbortController();
  process.once('SIGINT', () => stopped.abort());
  const screen = new Screen(console);
  for (let isFirst = true; !stopped.signal.aborted; isFirst = false) {
    try {
      const fleet = await read();
      if (json) console.print(plainJson(fleet));
      else screen.show(fleetText(console, fleet));
    } catch (error) {
      const isPassing = error instanceof CommandError && [EXIT.unavailable, EXIT.later].includes(error.exitCode as 69);
      if (isFirst || !isPassing) throw error;
      if (json) console.note(error.message);
      else screen.show(console.style('red', error.message));
    }
    await sleep(seconds * 1000, undefined, { signal: stopped.signal }).catch(() => undefined);
  }
}
