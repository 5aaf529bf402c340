import { serve } from './cli/serve.js';

/** `npm start`: the server, or the sandbox when nothing is configured. */
process.exitCode = await serve(process.env, process.cwd());
