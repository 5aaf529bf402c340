import { fork, type ChildProcess } from 'node:child_process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { WireName } from '../domain/name.js';
import type { Zone } from '../domain/zone.js';
import type { ZoneDiff } from '../domain/zone-diff.js';
import type { Counts } from '../listeners/dns-counters.js';
import type { ForwardedMessages } from './forwarded-messages.js';
import type { FromWorker, ToWorker, WorkerOrder, WorkerSettings } from './worker-messages.js';
import type { WorkerProgram } from './worker-program.js';
import { zoneChunks } from './zone-chunks.js';

/** So many chunks of a zone may be on their way: a worker that is slow must not fill this process' memory. */
const MAX_CHUNKS_AHEAD = 8;
/** A look at the worker's progress after so long … */
const CHECK_MILLISECONDS = 250;
/** … and so many without any, while it has something to do, are its end: 3 s. */
const MAX_CHECKS_WITHOUT_PROGRESS = 12;
/** The counters are fetched every so many looks. */
const CHECKS_A_PING = 4;
const STOP_MILLISECONDS = 2_000;

export interface WorkerLinkParts {
  readonly program: WorkerProgram;
  readonly forwarded: ForwardedMessages;
  readonly onCounters: (now: Counts, before: Counts | undefined) => void;
  readonly onFailure: (reason: string) => void;
  readonly onListening: () => void;
  readonly onGone: (how: string) => void;
}

/** One worker process, as the main process sees it. */
export class WorkerLink {
  readonly #child: ChildProcess;
  readonly #checks: NodeJS.Timeout;
  /** Zones whose content is on its way, with the changes that came meanwhile. */
  readonly #loads = new Map<WireName, { readonly held: ZoneDiff[]; done: Promise<void> }>();
  #waiting: { readonly sequence: number; resolve(): void }[] = [];
  #sent = 0;
  #done = 0;
  #counters: Counts | undefined;
  #isTold = false;
  #isListening = false;
  #isGone = false;
  /** Why it was killed. */
  #fault: string | undefined;

  constructor(private readonly parts: WorkerLinkParts) {
    const { url, nodeOptions } = parts.program;
    this.#child = fork(fileURLToPath(url), [], {
      execArgv: [...nodeOptions],
      serialization: 'advanced',
      // It needs neither the configuration nor the secrets in it.
      env: {},
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message) => this.#receive(message as FromWorker));
    this.#child.once('error', (error) => this.#ended(error.message));
    this.#child.once('exit', (code, signal) => this.#ended(`${signal ?? `exit code ${code}`}`));
    this.#checks = this.#watch();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** It answers queries. */
  get isListening(): boolean {
    return this.#isListening && !this.#isGone;
  }

  /** What it has counted, a second ago at most. */
  get counters(): Counts | undefined {
    return this.#counters;
  }

  /** Gives it the zones, and lets it bind its sockets then. */
  async begin(zones: readonly Zone[], settings: WorkerSettings): Promise<void> {
    for (const zone of zones) this.replaced(zone);
    while (this.#loads.size > 0 && !this.#isGone) await Promise.all(this.#loading());
    if (this.#isGone) return;
    this.#order({ kind: 'listen', settings });
    // What changes from here on reaches the worker when it may be answering already.
    this.#isTold = true;
  }

  replaced(zone: Zone): void {
    const load = { held: [] as ZoneDiff[], done: Promise.resolve() };
    this.#loads.set(zone.apex, load);
    load.done = this.#load(zone, load).catch((error: unknown) => {
      this.#fault = (error as Error).message;
      this.#child.kill('SIGKILL');
    });
  }

  changed(zone: Zone, diff: ZoneDiff): void {
    const load = this.#loads.get(zone.apex);
    if (load) load.held.push(diff);
    else this.#order({ kind: 'change', apex: zone.apex, diff });
  }

  /** Resolves when the worker serves all that it was told so far, does not serve yet, or is gone. */
  async settled(): Promise<void> {
    if (!this.#isTold) return;
    if (this.#loads.size > 0) await Promise.all(this.#loading());
    await this.#reached(this.#sent);
  }

  /** Lets it end in order; makes it end when it does not. */
  async stop(): Promise<void> {
    if (this.#isGone) return;
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MILLISECONDS);
    const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#send({ kind: 'stop' });
    await gone;
    clearTimeout(impatience);
  }

  #loading(): Promise<void>[] {
    return [...this.#loads.values()].map(({ done }) => done);
  }

  async #load(zone: Zone, load: { readonly held: ZoneDiff[] }): Promise<void> {
    const { apex } = zone;
    const isCurrent = (): boolean => !this.#isGone && this.#loads.get(apex) === load;
    const snapshot = zone.openSnapshot();
    try {
      this.#order({ kind: 'begin', apex });
      for (const octets of zoneChunks(snapshot.rrsets())) {
        // Queries come first, and the worker's pace counts.
        await nextTurn();
        await this.#reached(this.#sent - MAX_CHUNKS_AHEAD);
        if (!isCurrent()) return;
        this.#order({ kind: 'fill', apex, octets });
      }
      this.#order({ kind: 'serve', apex });
      for (const diff of load.held) this.#order({ kind: 'change', apex, diff });
    } finally {
      snapshot.close();
      if (this.#loads.get(apex) === load) this.#loads.delete(apex);
    }
  }

  #reached(sequence: number): Promise<void> {
    if (this.#isGone || this.#done >= sequence) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ sequence, resolve }));
  }

  #order(order: WorkerOrder): void {
    this.#sent += 1;
    this.#send({ kind: 'order', sequence: this.#sent, order });
  }

  #send(message: ToWorker): void {
    // A channel that is gone is a process that is gone: `exit` says so.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case 'done':
        this.#done = message.sequence;
        if (message.counters) this.#count(message.counters);
        this.#release();
        return;
      case 'listening':
        this.#isListening = true;
        this.parts.onListening();
        return;
      case 'forward': {
        const { id, source } = message;
        this.parts.forwarded.handle(message.message, source, {
          answer: (answer) => this.#send({ kind: 'answer', id, message: answer }),
          answered: () => this.#send({ kind: 'answered', id }),
        });
        return;
      }
      case 'failed':
        this.parts.onFailure(message.reason);
        return;
      case 'stopped':
        this.#count(message.counters);
        this.#child.disconnect();
    }
  }

  #count(counters: Counts): void {
    this.parts.onCounters(counters, this.#counters);
    this.#counters = counters;
  }

  #release(): void {
    const due = this.#waiting.filter(({ sequence }) => this.#isGone || sequence <= this.#done);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter((each) => !due.includes(each));
    for (const { resolve } of due) resolve();
  }

  /**
   * Counts looks instead of time: when this process itself was busy for long, only one look is late, and the
   * acknowledgements that wait are read before the next.
   */
  #watch(): NodeJS.Timeout {
    let checks = 0;
    let withoutProgress = 0;
    let doneBefore = 0;
    return setInterval(() => {
      checks += 1;
      withoutProgress = this.#done < this.#sent && this.#done === doneBefore ? withoutProgress + 1 : 0;
      doneBefore = this.#done;
      if (withoutProgress >= MAX_CHECKS_WITHOUT_PROGRESS) {
        this.#fault = 'it did not respond for 3 s and was killed';
        this.#child.kill('SIGKILL');
      } else if (checks % CHECKS_A_PING === 0 && this.#isTold) this.#order({ kind: 'ping' });
    }, CHECK_MILLISECONDS);
  }

  #ended(how: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearInterval(this.#checks);
    this.#release();
    this.parts.onGone(this.#fault ?? how);
  }
}
