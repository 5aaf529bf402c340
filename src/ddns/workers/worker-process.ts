import { yieldHelperThreads } from '../../platform/v8/helper-threads.js';
import { keepNewObjectsYoung } from '../../platform/v8/pretenuring.js';
import { DnsWorker } from './dns-worker.js';

/**
 * A process that answers DNS over UDP; `dns-workers.ts` starts it. It ends with the main process, however that ends:
 * the channel between them breaks then. Signals are the main process' business: a terminal sends them to both.
 */
keepNewObjectsYoung();
process.title = 'fleetcert dns';
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit(0));

const worker = new DnsWorker((message) => process.send?.(message, undefined, undefined, () => undefined));
process.on('message', (message) => worker.receive(message as Parameters<typeof worker.receive>[0]));
void yieldHelperThreads();
