import { AnswerEngine } from '../answering/answer-engine.js';
import { synthesizedAddresses } from '../answering/synthesized-addresses.js';
import { DnsCounters } from '../listeners/dns-counters.js';
import { MessagePipeline } from '../listeners/message-pipeline.js';
import { UdpListener } from '../listeners/udp-listener.js';
import { protectiveGate } from '../rate-limit/configured-gate.js';
import { parseCidr } from '../../kernel/ip-address.js';
import { cookieSecretOf } from './cookie-secrets.js';
import { ForwardingHook } from './forwarding-hook.js';
import { ReplicaZones } from './replica-zones.js';
import type { FromWorker, ToWorker, WorkerOrder, WorkerSettings } from './worker-messages.js';

/** A fault is told once in so many milliseconds: an attacker must not fill the disk with our logs. */
const FAILURE_MILLISECONDS = 10_000;

/** The inside of a worker process: zones as the main process has them, and UDP sockets beside its own. */
export class DnsWorker {
  readonly #zones = new ReplicaZones();
  readonly #counters = new DnsCounters();
  readonly #hook: ForwardingHook;
  #listeners: readonly UdpListener[] = [];
  #lastFailureTold = -Infinity;

  constructor(private readonly send: (message: FromWorker) => void) {
    this.#hook = new ForwardingHook((id, message, source) => send({ kind: 'forward', id, message, source }));
  }

  /** An error thrown here ends the process, and the main process starts another. */
  receive(message: ToWorker): void {
    switch (message.kind) {
      case 'order':
        this.#obey(message.order);
        this.send({
          kind: 'done',
          sequence: message.sequence,
          ...(message.order.kind === 'ping' && { counters: this.#counters.counts() }),
        });
        return;
      case 'answer':
        void this.#hook.answer(message.id, message.message);
        return;
      case 'answered':
        this.#hook.answered(message.id);
        return;
      case 'stop':
        void this.#stop();
    }
  }

  #obey(order: WorkerOrder): void {
    if (order.kind === 'ping') return;
    if (order.kind === 'listen') void this.#listen(order.settings);
    else this.#zones.apply(order);
  }

  async #listen(settings: WorkerSettings): Promise<void> {
    const { listen, synthesize, responsesPerSecond, limitsLoopback, cookieSecrets } = settings;
    const ranges = synthesize?.ranges?.map((text) => parseCidr(text)!);
    const pipeline = new MessagePipeline({
      engine: new AnswerEngine(
        this.#zones.served,
        synthesizedAddresses({
          dns: { ipNames: synthesize ? 'policy' : 'off' },
          addressPolicy: { name: '', ...(ranges && { ranges }) },
        }),
      ),
      counters: this.#counters,
      hooks: [this.#hook],
      gate: protectiveGate({
        limitsLoopback,
        secretOf: cookieSecretOf(cookieSecrets),
        ...(responsesPerSecond !== undefined && { responsesPerSecond }),
      }),
      onFailure: (error) => this.#failed(error),
    });
    this.#listeners = await Promise.all(
      listen.map((address) => UdpListener.open(address, pipeline, this.#counters, { reusePort: true })),
    );
    this.send({ kind: 'listening' });
  }

  #failed(error: unknown): void {
    const now = performance.now();
    if (now - this.#lastFailureTold < FAILURE_MILLISECONDS) return;
    this.#lastFailureTold = now;
    this.send({ kind: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    this.send({ kind: 'stopped', counters: this.#counters.counts() });
  }
}
