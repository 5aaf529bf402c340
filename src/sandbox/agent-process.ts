import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

import { PROJECT_ROOT } from '../platform/project-root.js';

export interface AgentResult {
  readonly exitCode: number;
  /** The last line on standard error: the agent says there why it ended as it did. */
  readonly lastLine: string;
}

/** Runs the real agent script, as a device would, and can be stopped at any moment. */
export class AgentProcess {
  private readonly running = new Set<ChildProcess>();

  /** @param environment beside PATH; the enrollment key goes here and not on the command line */
  run(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<AgentResult> {
    return new Promise((resolve, reject) => {
      const child = spawn('/bin/sh', [join(PROJECT_ROOT, 'agent', 'fleetcert-agent'), ...argv], {
        env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', ...environment },
        stdio: ['ignore', 'ignore', 'pipe'],
        // A group of its own: a Ctrl-C ends the agent when we say so, and its curl with it.
        detached: true,
      });
      this.running.add(child);
      let errors = '';
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        errors = (errors + chunk).slice(-4000);
      });
      child.once('error', (error) => {
        this.running.delete(child);
        reject(error);
      });
      child.once('close', (code) => {
        this.running.delete(child);
        resolve({ exitCode: code ?? 1, lastLine: errors.trim().split('\n').at(-1) ?? '' });
      });
    });
  }

  stopAll(): void {
    for (const { pid } of this.running) {
      try {
        if (pid !== undefined) process.kill(-pid, 'SIGTERM');
      } catch {
        // It has ended by itself.
      }
    }
  }
}
