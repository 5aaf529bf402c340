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
 * Linux alone has a priority for each thread (setpriority(2)); elsewhere, and where it is forbidden, all stays as it is.
 * @returns how many threads yield from now on
 */
export async function yieldHelperThreads(): Promise<number> {
  const ids = await readdir(THREADS).catch(() => []);
  const nice = Math.min(getPriority() + NICER, constants.priority.PRIORITY_LOW);
  const yielded = await Promise.all(ids.map((id) => yieldIfHelper(id, nice)));
  return yielded.filter(Boolean).length;
}

async function yieldIfHelper(id: string, nice: number): Promise<boolean> {
  try {
    if ((await readFile(`${THREADS}/${id}/comm`, 'utf8')).trimEnd() !== NAME) return false;
    setPriority(Number(id), nice);
    return true;
  } catch {
    // It has ended meanwhile, or may not be changed: nothing depends on it.
    return false;
  }
}
