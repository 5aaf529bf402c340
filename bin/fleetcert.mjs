#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// The Node at hand may be older than the pinned one, which lies among the packages: then that one runs the command.
const PINNED = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
const OLDEST_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) >= OLDEST_MAJOR || !existsSync(PINNED)) {
  await import('../dist/src/cli/main.js');
} else {
  const child = spawn(PINNED, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal sends Ctrl-C to both; the child decides when it is over.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 130);
    process.removeAllListeners();
  });
}
