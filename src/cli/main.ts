import { Command } from 'commander';

import { doctorCommand } from './doctor.js';
import { limitsCommand } from './limits.js';
import { migrateCommand } from './migrate.js';
import { planCommand } from './plan.js';
import { serve } from './serve.js';

/** The `fleetcert` command. */
const program = new Command('fleetcert')
  .description('Names and publicly trusted certificates for fleets of devices on private addresses')
  .showHelpAfterError();

program
  .command('serve')
  .description('run the server; with no configuration, the sandbox')
  .action(async () => {
    process.exitCode = await serve(process.env, process.cwd());
    setTimeout(() => process.exit(), 2000).unref();
  });
program.addCommand(migrateCommand());
program.addCommand(doctorCommand());
program.addCommand(planCommand());
program.addCommand(limitsCommand());

await program.parseAsync();
