import { readdir, readFile } from 'node:fs/promises';
import { constants, getPriority, setPriority } from 'node:os';

/** What Node calls the threads on which V8 compiles and collects beside the thread that runs JavaScript. */
const NAME = 'V8Worker';
/** So much nicer: a tenth of the weight of the thread that answers (sched(7)), enough to get on on a full machine. */
const NICER = 10;
const THREADS = '/proc/self/task';

/**
 * Lets the thread that answers go before V8's own. They compile for 5 to 10 ms at a time; on a machine with few cores
 * the kernel otherwise lets a call or a query wait behind them, also while another core has nothing to do.
 *
 * The price: a collection waits for the helpers that have begun their share, and on a machine that others keep full they
 * take longer now. The tail of changes is not longer for it (docs/benchmarks.md).
 *
 * Linux alone has a priority for each thread (setpriority(2)), and old versions of Node do not name theirs; there, and
 * where it is forbidden, all stays as it is.
 */
export async function yieldHelperThreads(): Promise<void> {
  const ids = await readdir(THREADS).catch(() => []);
  await Promise.all(ids.map(yieldIfHelper));
}

async function yieldIfHelper(id: string): Promise<void> {
  try {
    if ((await readFile(`${THREADS}/${id}/comm`, 'utf8')).trimEnd() !== NAME) return;
    setPriority(Number(id), Math.min(getPriority() + NICER, constants.priority.PRIORITY_LOW));
  } catch {
    // It has ended meanwhile, or may not be changed: nothing depends on it.
  }
}
