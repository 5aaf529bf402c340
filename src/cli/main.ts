import { EXIT } from './exit-codes.js';
import { runProgram } from './program.js';

// `fleetcert devices list | head`: who reads has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
});

process.exitCode = await runProgram(process.argv.slice(2));
