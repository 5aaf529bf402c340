type NumberName = {
  [Name in keyof DnsCounters]: DnsCounters[Name] extends number ? Name : never;
}[keyof DnsCounters];

/** All that was counted, as one process sends it to another. */
export type Counts = Readonly<Record<NumberName, number>> & {
  /** Answers by type and rcode, as DnsCounters keeps them; those that were never given are left out. */
  readonly answersByIndex: ReadonlyMap<number, number>;
};

/** Types up to CAA have a place of their own; all others share that of type 0, which is none. */
const TYPES = 258;
/** An answer's header has room for so many. */
const RCODES = 16;

/** What the listeners have seen since the process began; plain numbers, because they are counted for each query. */
export class DnsCounters {
  udpQueries = 0;
  tcpQueries = 0;
  /** Messages that got no answer: too short, responses, or from port 0. */
  silenced = 0;
  /** Dropped or truncated by the gate. */
  limited = 0;
  sendErrors = 0;
  /** Faults of ours: an exception while a message was handled. */
  failures = 0;
  tcpConnections = 0;
  /** Connections closed to make room for new ones. */
  tcpEvicted = 0;
  /** Connections closed because they were idle, or too slow with a message or with taking answers. */
  tcpTimedOut = 0;

  /** Answers by type and rcode; floats, because they hold whole numbers far beyond 32 bits. */
  readonly #answers = new Float64Array(TYPES * RCODES);

  /** A copy. */
  counts(): Counts {
    const { udpQueries, tcpQueries, silenced, limited, sendErrors, failures } = this;
    const { tcpConnections, tcpEvicted, tcpTimedOut } = this;
    return {
      udpQueries,
      tcpQueries,
      silenced,
      limited,
      sendErrors,
      failures,
      tcpConnections,
      tcpEvicted,
      tcpTimedOut,
      answersByIndex: new Map([...this.#answers.entries()].filter(([, count]) => count > 0)),
    };
  }

  /** Adds what another process has counted since it was asked before. */
  addDifference(now: Counts, before: Counts | undefined): void {
    const { answersByIndex, ...numbers } = now;
    for (const name of Object.keys(numbers) as NumberName[]) this[name] += now[name] - (before?.[name] ?? 0);
    for (const [index, count] of answersByIndex) {
      this.#answers[index] = (this.#answers[index] ?? 0) + count - (before?.answersByIndex.get(index) ?? 0);
    }
  }

  /** Counts an answer: two small integers, no garbage. */
  answered(qtype: number, rcode: number): void {
    const index = (qtype < TYPES ? qtype : 0) * RCODES + (rcode & 0x0f);
    this.#answers[index] = this.#answers[index]! + 1;
  }

  /** Every pair that was seen; type 0 is all types that have no place of their own, and answers without a question. */
  answers(): { readonly qtype: number; readonly rcode: number; readonly count: number }[] {
    return [...this.#answers.entries()]
      .filter(([, count]) => count > 0)
      .map(([index, count]) => ({ qtype: Math.floor(index / RCODES), rcode: index % RCODES, count }));
  }
}
