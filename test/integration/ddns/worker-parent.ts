import { AnswerEngine } from '../../../src/ddns/answering/answer-engine.js';
import { ZoneSet } from '../../../src/ddns/domain/zone-set.js';
import { DnsCounters } from '../../../src/ddns/listeners/dns-counters.js';
import { MessagePipeline } from '../../../src/ddns/listeners/message-pipeline.js';
import { ForwardedMessages } from '../../../src/ddns/workers/forwarded-messages.js';
import { WorkerLink } from '../../../src/ddns/workers/worker-link.js';

/** A main process with one worker, for a test that kills it: prints the worker's process id once it answers. */
const engine = new AnswerEngine(new ZoneSet());
const link = new WorkerLink({
  program: {
    url: new URL('../../../src/ddns/workers/worker-process.ts', import.meta.url),
    nodeOptions: ['--import', new URL('../../../scripts/ts-hook.mjs', import.meta.url).href],
  },
  forwarded: new ForwardedMessages(new MessagePipeline({ engine, counters: new DnsCounters() })),
  onCounters: () => undefined,
  onFailure: () => undefined,
  onListening: () => process.stdout.write(`${link.pid}\n`),
  onGone: () => undefined,
});
await link.begin([], {
  listen: [{ address: '127.0.0.1', port: 0 }],
  limitsLoopback: false,
  cookieSecrets: { first: 0, secrets: [] },
});
