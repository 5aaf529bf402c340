import { spawn } from 'node:child_process';
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { AGENT, addProgram, type Shell } from './agent-shell.js';

/** The programs that change something outside the agent's process: files, or the server's mind. */
const CHANGING = ['cp', 'curl', 'dd', 'ln', 'mkdir', 'mv', 'openssl', 'rm', 'rmdir', 'sync'];

export interface Killed {
  readonly signal: NodeJS.Signals | null;
  readonly exitCode: number | null;
  /** Changing programs that were called, with the one that was not to run any more. */
  readonly steps: number;
}

/**
 * Runs the agent and ends it as a power cut would, by SIGKILL to it and everything it has started, right before its
 * `step`-th call of a program that changes something. Step 0 lets it run and counts.
 */
export function runKilled(
  shell: Shell,
  folder: string,
  step: number,
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Killed> {
  const tools = join(folder, 'killing-tools');
  const count = join(folder, 'steps');
  rmSync(count, { force: true });
  if (!existsSync(tools)) {
    for (const tool of CHANGING) {
      // One octet a call: the size of the file is the number of calls. Kill 0 is the whole group.
      addProgram(
        tools,
        tool,
        // Of openssl's calls two write a file; the others only look.
        `case ${tool}:$1 in openssl:genpkey | openssl:req) ;; openssl:*) PATH=\${PATH#*:} exec openssl "$@" ;; esac
        printf x >>"$STEPS"
        [ "$STEP" -gt 0 ] && [ "$(wc -c <"$STEPS")" -ge "$STEP" ] && kill -KILL 0
        PATH=\${PATH#*:}
        exec ${tool} "$@"`,
      );
    }
  }
  return new Promise((resolve, reject) => {
    const [file, ...rest] = [...shell.command, AGENT, ...argv];
    const child = spawn(file!, rest, {
      env: { PATH: `${tools}:${shell.path}`, STEP: String(step), STEPS: count, ...environment },
      stdio: 'ignore',
      detached: true,
    });
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      resolve({ exitCode, signal, steps: existsSync(count) ? statSync(count).size : 0 });
    });
  });
}
