import { setTimeout as sleep } from 'node:timers/promises';

/** How a server is asked to end, from polite to final (PostgreSQL manual, "Shutting Down the Server"). */
const STEPS: readonly { signal: NodeJS.Signals; waitSeconds: number }[] = [
  // Fast: transactions are rolled back, a checkpoint is written.
  { signal: 'SIGINT', waitSeconds: 20 },
  // Immediate: no checkpoint; the next start recovers from the log.
  { signal: 'SIGQUIT', waitSeconds: 5 },
  { signal: 'SIGKILL', waitSeconds: 5 },
];

/**
 * Ends the server and waits for it. `isRunning` tells whether it still lives; it is asked before every signal, as the
 * number of a process that ended may be given to another one.
 *
 * @throws Error when it survives everything, which is a process stuck in the kernel
 */
export async function stopPostmaster(pid: number, isRunning: () => boolean): Promise<void> {
  for (const { signal, waitSeconds } of STEPS) {
    if (!isRunning()) return;
    signalProcess(pid, signal);
    const deadline = Date.now() + waitSeconds * 1000;
    while (Date.now() < deadline) {
      if (!isRunning()) return;
      await sleep(20);
    }
  }
  if (isRunning()) throw new Error(`the PostgreSQL process ${pid} does not end`);
}

/** Sends the signal; a process that has just ended is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
