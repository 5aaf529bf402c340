import { AnswerEngine } from '../../../src/ddns/answering/answer-engine.js';
import { DnsCounters } from '../../../src/ddns/listeners/dns-counters.js';
import { DnsListeners } from '../../../src/ddns/listeners/dns-listeners.js';
import { MessagePipeline } from '../../../src/ddns/listeners/message-pipeline.js';
import { ServedZones } from '../../../src/ddns/store/served-zones.js';
import { Authenticator } from '../../../src/ddns/transfer/authentication.js';
import { TransferHook } from '../../../src/ddns/transfer/transfer-hook.js';
import { ZonePeers, type ZoneSecondary } from '../../../src/ddns/transfer/zone-peers.js';
import { mustWireName } from '../../../src/ddns/domain/name.js';
import { SystemClock } from '../../../src/kernel/clock.js';
import { BENCH_ZONE, deviceZone } from './bench-zone.js';

/** Everybody on loopback may transfer the zone. */
class OpenPeers extends ZonePeers {
  override secondaries(): readonly ZoneSecondary[] {
    return [{ id: '', zone: mustWireName(BENCH_ZONE), address: '127.0.0.1', port: 53, isKeyed: false }];
  }
}

/** Our answers and transfers, on a zone in memory: neither asks a database for what is measured here. */
const [port = '0', names = '1000'] = process.argv.slice(2);
const none = undefined as never;
const served = new ServedZones(none, none);
served.zones.put(deviceZone(Number(names)));
const peers = new OpenPeers(none, none, none);
const counters = new DnsCounters();
const pipeline = new MessagePipeline({
  engine: new AnswerEngine(served.zones),
  counters,
  hooks: [new TransferHook(served, none, peers, new Authenticator(peers, new SystemClock()))],
});
await DnsListeners.open([{ address: '127.0.0.1', port: Number(port) }], pipeline, { counters });
process.send?.({ ready: true });
