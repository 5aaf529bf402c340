import { AnswerEngine } from '../../../src/ddns/answering/answer-engine.js';
import { ZoneSet } from '../../../src/ddns/domain/zone-set.js';
import { DnsCounters } from '../../../src/ddns/listeners/dns-counters.js';
import { DnsListeners } from '../../../src/ddns/listeners/dns-listeners.js';
import { MessagePipeline } from '../../../src/ddns/listeners/message-pipeline.js';
import { deviceZone } from './bench-zone.js';

/** Our answering path as it is, from the socket to the zone, on a zone that needs no database. */
const [port = '0', names = '1000'] = process.argv.slice(2);
const heapBefore = heapOctets();
const zones = new ZoneSet();
zones.put(deviceZone(Number(names)));
const octetsEach = (heapOctets() - heapBefore) / Number(names);
const counters = new DnsCounters();
const pipeline = new MessagePipeline({ engine: new AnswerEngine(zones), counters });
await DnsListeners.open([{ address: '127.0.0.1', port: Number(port) }], pipeline, { counters });
process.send?.({ octetsEach });

function heapOctets(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
