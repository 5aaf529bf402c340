/** The numbers alone, as one process sends them to another. */
export type Counts = {
  readonly [Name in keyof DnsCounters as DnsCounters[Name] extends number ? Name : never]: number;
};

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

  /** Adds what another process has counted since it was asked before. */
  addDifference(now: Counts, before: Counts | undefined): void {
    for (const name of Object.keys(now) as (keyof Counts)[]) this[name] += now[name] - (before?.[name] ?? 0);
  }
}
