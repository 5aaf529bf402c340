import { AnswerEngine } from '../../../src/ddns/answering/answer-engine.js';
import { ZoneSet } from '../../../src/ddns/domain/zone-set.js';
import { DnsCounters } from '../../../src/ddns/listeners/dns-counters.js';
import { DnsListeners } from '../../../src/ddns/listeners/dns-listeners.js';
import { MessagePipeline } from '../../../src/ddns/listeners/message-pipeline.js';
import { ForwardedMessages } from '../../../src/ddns/workers/forwarded-messages.js';
import { WorkerLink } from '../../../src/ddns/workers/worker-link.js';
import { deviceZone } from './bench-zone.js';

/** Our answering path as it is, from the socket to the zone, on a zone that needs no database. */
const [port = '0', names = '1000', processes = '1'] = process.argv.slice(2);
const heapBefore = heapOctets();
const zones = new ZoneSet();
zones.put(deviceZone(Number(names)));
const octetsEach = (heapOctets() - heapBefore) / Number(names);
const counters = new DnsCounters();
const pipeline = new MessagePipeline({ engine: new AnswerEngine(zones), counters });
const listen = [{ address: '127.0.0.1', port: Number(port) }];
await DnsListeners.open(listen, pipeline, { counters, sharesUdp: Number(processes) > 1 });
const workers: (number | undefined)[] = [];
for (let index = 1; index < Number(processes); index += 1) workers.push(await startWorker());
process.send?.({ octetsEach, workers });

function startWorker(): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const link = new WorkerLink({
      program: {
        url: new URL('../../../src/ddns/workers/worker-process.ts', import.meta.url),
        nodeOptions: ['--import', new URL('../../../scripts/ts-hook.mjs', import.meta.url).href],
      },
      forwarded: new ForwardedMessages(pipeline),
      onCounters: () => undefined,
      onFailure: (reason) => reject(new Error(reason)),
      onListening: () => resolve(link.pid),
      onGone: (how) => reject(new Error(`the worker ended: ${how}`)),
    });
    const cookieSecrets = { first: 0, secrets: [] };
    link.begin(zones.all(), { listen, limitsLoopback: false, cookieSecrets }).catch(reject);
  });
}

function heapOctets(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
