import { AnswerEngine } from '../../../src/ddns/answering/answer-engine.js';
import type { AddressFilter } from '../../../src/ddns/domain/ip-synthesis.js';
import type { ZoneSet } from '../../../src/ddns/domain/zone-set.js';
import { DnsCounters } from '../../../src/ddns/listeners/dns-counters.js';
import { DnsListeners } from '../../../src/ddns/listeners/dns-listeners.js';
import type { MessageHook } from '../../../src/ddns/listeners/message-hook.js';
import { MessagePipeline } from '../../../src/ddns/listeners/message-pipeline.js';
import type { QueryGate } from '../../../src/ddns/listeners/query-gate.js';
import type { TcpLimits } from '../../../src/ddns/listeners/tcp-limits.js';

export interface TestListenersOptions {
  readonly tcpLimits?: Partial<TcpLimits>;
  readonly hooks?: readonly MessageHook[];
  readonly gate?: QueryGate;
  readonly allows?: AddressFilter;
  readonly addresses?: readonly string[];
}

/** Listeners on free loopback ports that answer from zones in memory, without a database. */
export async function listen(zones: ZoneSet, options: TestListenersOptions = {}) {
  const counters = new DnsCounters();
  const failures: unknown[] = [];
  const pipeline = new MessagePipeline({
    engine: new AnswerEngine(zones, options.allows),
    counters,
    hooks: options.hooks ?? [],
    ...(options.gate && { gate: options.gate }),
    onFailure: (error) => failures.push(error),
  });
  const addresses = (options.addresses ?? ['127.0.0.1']).map((address) => ({ address, port: 0 }));
  const listeners = await DnsListeners.open(addresses, pipeline, {
    counters,
    ...(options.tcpLimits && { tcpLimits: options.tcpLimits }),
  });
  return { port: listeners.bound[0]!.port, bound: listeners.bound, counters, failures, close: () => listeners.close() };
}

export type TestListeners = Awaited<ReturnType<typeof listen>>;
