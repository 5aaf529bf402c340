import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll } from 'vitest';

import { findProgram } from './peers.js';

export const AGENT = fileURLToPath(new URL('../../agent/fleetcert-agent', import.meta.url));

export interface Shell {
  readonly name: string;
  readonly command: readonly string[];
  /** The programs that the script finds. */
  readonly path: string;
}

export interface Result {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line on standard error, without the program's name. */
  readonly lastLine: string;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  readonly cwd?: string;
  /** A folder whose programs hide those of the shell's path. */
  readonly before?: string;
}

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The shells that the agent has to run under, those that are here. Busybox brings its own tools, and no others. */
export function shells(): Shell[] {
  const found: Shell[] = [];
  const dash = findProgram('dash');
  if (dash) found.push({ name: 'dash', command: [dash], path: SYSTEM_PATH });
  const busybox = findProgram('busybox');
  if (busybox) found.push({ name: 'busybox ash', command: [busybox, 'ash'], path: busyboxPath(busybox) });
  const bash = findProgram('bash');
  // Bash takes a socket on standard input, which Node's pipes are, for a remote shell, and would read ~/.bashrc.
  if (bash) found.push({ name: 'bash --posix', command: [bash, '--posix', '--norc'], path: SYSTEM_PATH });
  return found;
}

/** The shell of ordinary runs, where a test is not about shells. It waits for no disk: nobody cuts the power here. */
export function plainShell(): Shell {
  if (!quickFolder) {
    quickFolder = temporaryFolder('agent-quick-');
    addProgram(quickFolder, 'sync', 'exit 0');
  }
  return { name: 'sh', command: ['/bin/sh'], path: `${quickFolder}:${SYSTEM_PATH}` };
}

/** A folder that is there as long as the test file runs. */
function temporaryFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

let quickFolder: string | undefined;
let busyboxFolder: string | undefined;

function busyboxPath(busybox: string): string {
  if (!busyboxFolder) {
    busyboxFolder = temporaryFolder('agent-busybox-');
    for (const applet of execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
      symlinkSync(busybox, join(busyboxFolder, applet));
    }
    for (const real of ['curl', 'openssl']) {
      const path = findProgram(real);
      if (path) symlinkSync(path, join(busyboxFolder, real));
    }
  }
  return busyboxFolder;
}

/** Runs `sh agent ARGUMENTS…`. Its environment is the path and what the options say, nothing else. */
export function runAgent(shell: Shell, argv: readonly string[], options: RunOptions = {}): Promise<Result> {
  return execute(shell, [...shell.command, AGENT, ...argv], options);
}

/** Runs a snippet that sees the agent's functions. */
export function callAgent(shell: Shell, snippet: string, options: RunOptions = {}): Promise<Result> {
  const script = `. "${AGENT}"\n${snippet}`;
  const environment = { FLEETCERT_AGENT_SOURCED: '1', ...options.environment };
  return execute(shell, [...shell.command, '-c', script], { ...options, environment });
}

/** Runs any command the same way. */
export function execute(shell: Shell, command: readonly string[], options: RunOptions = {}): Promise<Result> {
  const [file, ...argv] = command;
  const path = options.before ? `${options.before}:${shell.path}` : shell.path;
  return new Promise((resolve, reject) => {
    const child = spawn(file!, argv, { cwd: options.cwd, env: { PATH: path, ...options.environment } });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (exitCode) => {
      const lastLine = (stderr.trimEnd().split('\n').at(-1) ?? '').replace(/^fleetcert-agent: /, '');
      resolve({ exitCode, stdout, stderr, lastLine });
    });
    // A program that ends without reading its input is no error of the test.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** An executable script in a folder. */
export function addProgram(folder: string, name: string, text: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** The lines of a file that hooks write; none when it is not there. */
export function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
}
