#!/usr/bin/env node
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BOOTSTRAP = fileURLToPath(new URL('../scripts/bootstrap.mjs', import.meta.url));
// The Node at hand may be older than the pinned one, which lies among the packages: then that one runs the command.
const PINNED = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
const OLDEST_MAJOR = 24;

// In a clone: installs and builds what is missing or stale, as npm start does. What it says goes to standard error, away
// from data. Not at each press of Tab (`complete`), and not for the process that this one starts below.
const isReady = process.argv[2] === 'complete' || process.env.FLEETCERT_BIN_READY === '1';
if (!isReady && existsSync(BOOTSTRAP)) {
  const { status } = spawnSync(process.execPath, [BOOTSTRAP, '--build'], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

if (Number(process.versions.node.split('.')[0]) >= OLDEST_MAJOR || !existsSync(PINNED)) {
  delete process.env.FLEETCERT_BIN_READY;
  await import('../dist/src/cli/main.js');
} else {
  const child = spawn(PINNED, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, FLEETCERT_BIN_READY: '1' },
  });
  // The terminal sends Ctrl-C to both; the child decides when it is over.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 130);
    process.removeAllListeners();
  });
}
