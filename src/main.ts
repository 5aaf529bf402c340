import { serve } from './cli/serve.js';

/** What is still open after the server has stopped gets so long, and is then left behind. */
const LINGER_SECONDS = 2;

/** `npm start`: the server, or the sandbox when nothing is configured. */
process.exitCode = await serve(process.env, process.cwd());
setTimeout(() => process.exit(), LINGER_SECONDS * 1000).unref();
