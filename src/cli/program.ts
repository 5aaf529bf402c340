import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Command, CommanderError } from 'commander';

import { PROJECT_ROOT } from '../platform/project-root.js';
import { accountCommand } from './account.js';
import { backupCommand } from './backup.js';
import { addCompletion } from './completion/completion-command.js';
import { Console } from './console.js';
import { devicesCommand } from './devices.js';
import { doctorCommand } from './doctor.js';
import { CommandError, EXIT, EXIT_CODES_HELP } from './exit-codes.js';
import { fleetCommand } from './fleet-command.js';
import { fleetStatusCommand } from './fleet.js';
import { keysCommand } from './keys.js';
import { limitsCommand } from './limits.js';
import { migrateCommand } from './migrate.js';
import { ordersCommand } from './orders.js';
import { planCommand } from './plan.js';
import { restoreCommand } from './restore.js';

const { version: VERSION } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8')) as {
  version: string;
};

const DETAILS = `
The commands fleet, devices, orders, keys, limits and account talk to a server:
  FLEETCERT_URL     its address, such as https://devices.example.com
  FLEETCERT_TOKEN   an operator credential (fco_…)
In the sandbox:
  $ export FLEETCERT_URL=http://127.0.0.1:8080 FLEETCERT_TOKEN="$(cat data/admin-token)"
  $ npx fleetcert fleet status
`;

const PLAN_EXAMPLES = `
Examples:
  $ fleetcert plan --devices 5000 --limits letsencrypt --lifetime 45d
  $ fleetcert plan --devices 90000 --zones a.example,b.example --no-simulation --json`;

/** The whole `fleetcert` command. */
export function fleetcertProgram(console = new Console()): Command {
  const program = fleetCommand(
    'fleetcert',
    'Names and publicly trusted certificates for fleets of devices on private addresses',
  )
    .version(VERSION, '--version', 'print the version')
    .addHelpText('after', DETAILS + EXIT_CODES_HELP);
  program.addCommand(serveCommand());
  program.addCommand(fleetStatusCommand(console));
  program.addCommand(devicesCommand(console));
  program.addCommand(ordersCommand(console));
  program.addCommand(keysCommand(console));
  program.addCommand(limitsCommand(console));
  program.addCommand(accountCommand(console));
  program.addCommand(planCommand((text) => console.print(text)).addHelpText('after', PLAN_EXAMPLES));
  program.addCommand(doctorCommand((text) => console.print(text)));
  program.addCommand(migrateCommand());
  program.addCommand(backupCommand(console));
  program.addCommand(restoreCommand(console));
  addCompletion(program, console);
  prepare(program, console);
  return program;
}

/** Runs it with the words of a command line. @returns the exit code */
export async function runProgram(words: readonly string[], console = new Console()): Promise<number> {
  const program = fleetcertProgram(console);
  process.exitCode = undefined;
  try {
    await program.parseAsync(words, { from: 'user' });
    return Number(process.exitCode ?? EXIT.done);
  } catch (error) {
    if (error instanceof CommanderError) return exitCodeOf(error);
    if (!(error instanceof CommandError)) throw error;
    console.note(console.styleNote('red', error.message));
    return error.exitCode;
  }
}

/** Commander's own code for wrong usage is 1, which means something else here. */
function exitCodeOf({ code, exitCode }: CommanderError): number {
  return exitCode !== 0 && code.startsWith('commander.') ? EXIT.usage : exitCode;
}

function serveCommand(): Command {
  return fleetCommand('serve', 'run the server; with no configuration, the sandbox', [
    'fleetcert serve',
    'FLEETCERT_SANDBOX_DEVICES=0 fleetcert serve',
  ]).action(async () => {
    // The whole server: the other commands start sooner without it.
    const { serve } = await import('./serve.js');
    process.exitCode = await serve(process.env, process.cwd());
    setTimeout(() => process.exit(), 2000).unref();
  });
}

/** Of all commands, those of other files too, the output goes to the console, and the exit code is ours to tell. */
function prepare(command: Command, console: Console): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => void console.out.write(text),
    writeErr: (text) => void console.err.write(text),
  });
  for (const one of command.commands) prepare(one, console);
}
