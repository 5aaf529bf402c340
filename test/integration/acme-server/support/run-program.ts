import { spawn } from 'node:child_process';

export interface ProgramResult {
  readonly code: number | null;
  /** Standard output and error, as they came. */
  readonly output: string;
}

const LIMIT_MILLISECONDS = 90_000;

/** Runs a program to its end, without a shell, for a minute and a half at most. */
export function runProgram(
  path: string,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, {
      env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...options.env },
      timeout: LIMIT_MILLISECONDS,
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** The same; throws with the output when the program says that it failed. */
export async function runOrThrow(...args: Parameters<typeof runProgram>): Promise<string> {
  const { code, output } = await runProgram(...args);
  if (code !== 0) throw new Error(`${args[0]} ${args[1].join(' ')} exited with ${String(code)}:\n${output}`);
  return output;
}
