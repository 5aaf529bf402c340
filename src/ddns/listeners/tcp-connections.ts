import type { DnsCounters } from './dns-counters.js';
import type { TcpConnection } from './tcp-connection.js';
import type { TcpLimits } from './tcp-limits.js';

/**
 * The open TCP connections of all listeners, within their limits. A new client always gets in (RFC 7766 section 6.2.2
 * and RFC 9210 section 4.1 ask for limits; a full house must not lock out the CA): at the limit, whoever has the most
 * connections loses the one that was idle longest.
 */
export class TcpConnections {
  /** By client; each set in the order of last activity, the longest idle first. */
  readonly #byClient = new Map<string, Set<TcpConnection>>();
  #size = 0;

  constructor(
    private readonly limits: TcpLimits,
    private readonly counters: DnsCounters,
  ) {}

  get size(): number {
    return this.#size;
  }

  add(connection: TcpConnection): void {
    const { client } = connection;
    const own = this.#byClient.get(client);
    if (own && own.size >= this.limits.maxConnectionsPerClient) this.#evictFrom(own);
    else if (this.#size >= this.limits.maxConnections) this.#evictFrom(this.#largest());
    const connections = this.#byClient.get(client) ?? new Set();
    this.#byClient.set(client, connections.add(connection));
    this.#size += 1;
  }

  /** The connection was of use: it is now the last of its client to go. */
  touch(connection: TcpConnection): void {
    const connections = this.#byClient.get(connection.client);
    if (connections?.delete(connection)) connections.add(connection);
  }

  remove(connection: TcpConnection): void {
    const connections = this.#byClient.get(connection.client);
    if (!connections?.delete(connection)) return;
    this.#size -= 1;
    if (connections.size === 0) this.#byClient.delete(connection.client);
  }

  *[Symbol.iterator](): Generator<TcpConnection> {
    for (const connections of this.#byClient.values()) yield* connections;
  }

  #largest(): Set<TcpConnection> {
    let largest = new Set<TcpConnection>();
    for (const connections of this.#byClient.values()) if (connections.size > largest.size) largest = connections;
    return largest;
  }

  #evictFrom(connections: ReadonlySet<TcpConnection>): void {
    const [idlest] = connections;
    if (!idlest) return;
    this.counters.tcpEvicted += 1;
    this.remove(idlest);
    idlest.destroy();
  }
}
