import { spawn } from 'node:child_process';

import { program } from '../support/peers.js';

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  /** The longest that it may take; default 30. */
  readonly seconds?: number;
  /** Beside our own environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a peer's program to its end. @throws Error when it takes longer than it may. */
export function run(name: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { input = '', seconds = 30, environment } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program(name), args, { stdio: 'pipe', env: { ...process.env, ...environment } });
    const chunks = { stdout: '', stderr: '' };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${name} ${args.join(' ')} took longer than ${seconds} s: ${chunks.stdout}${chunks.stderr}`));
    }, seconds * 1000);
    child.stdout.setEncoding('utf8').on('data', (text: string) => (chunks.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (chunks.stderr += text));
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, ...chunks });
    });
    // A program that ends without reading its input closes the pipe.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** `dig` against a loopback port; its whole output. */
export async function dig(port: number, ...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run('dig', ['@127.0.0.1', '-p', String(port), '+tries=1', '+time=5', ...args]);
  return stdout + stderr;
}

/** The records of `dig`'s output, each on one line with single spaces, sorted; TSIG is left out. */
export function recordsOf(output: string): readonly string[] {
  return output
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(';') && !/\sTSIG\s/.test(line))
    .map((line) => line.replaceAll(/\s+/g, ' ').trim())
    .toSorted();
}
