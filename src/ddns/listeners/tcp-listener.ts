import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import type { ListenAddress } from '../../platform/config/app-config.js';
import { clientKey } from './client-key.js';
import type { DnsCounters } from './dns-counters.js';
import { ListenError } from './listen-error.js';
import type { MessagePipeline } from './message-pipeline.js';
import { TcpConnection, type TcpConnectionParts } from './tcp-connection.js';
import type { TcpConnections } from './tcp-connections.js';
import type { TcpLimits } from './tcp-limits.js';

const BACKLOG = 1024;
/** How long a client may take to accept its last answers when the server stops. */
const LAST_ANSWERS_MILLISECONDS = 1_000;

export interface TcpListenerParts {
  readonly pipeline: MessagePipeline;
  readonly counters: DnsCounters;
  readonly limits: TcpLimits;
  /** Shared by all listeners of the process. */
  readonly connections: TcpConnections;
}

/** One bound TCP address. */
export class TcpListener {
  readonly #own = new Set<TcpConnection>();
  readonly #sweeper: NodeJS.Timeout;

  private constructor(
    private readonly server: Server,
    private readonly parts: TcpListenerParts,
  ) {
    const connectionParts: TcpConnectionParts = {
      ...parts,
      now: () => performance.now(),
      onActive: (connection) => parts.connections.touch(connection),
    };
    server.on('connection', (socket) => this.#accept(socket, connectionParts));
    // Out of file descriptors, for one: the connections that are there go on.
    server.on('error', () => (parts.counters.failures += 1));
    this.#sweeper = setInterval(() => {
      const now = performance.now();
      for (const connection of this.#own) connection.sweep(now);
    }, parts.limits.sweepMilliseconds).unref();
  }

  /** @throws ListenError when the address cannot be bound. */
  static async open(where: ListenAddress, parts: TcpListenerParts): Promise<TcpListener> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(new ListenError('TCP', where, error)));
      server.listen(
        {
          host: where.address,
          port: where.port,
          backlog: BACKLOG,
          exclusive: true,
          ipv6Only: where.address.includes(':'),
        },
        () => resolve(),
      );
    });
    server.removeAllListeners('error');
    return new TcpListener(server, parts);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Takes no new connections, lets the answers under way go out, and closes. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const connection of this.#own) connection.close();
    const impatience = setTimeout(() => {
      for (const connection of this.#own) connection.destroy();
    }, LAST_ANSWERS_MILLISECONDS);
    await closed;
    clearTimeout(impatience);
    clearInterval(this.#sweeper);
  }

  #accept(socket: Socket, parts: TcpConnectionParts): void {
    // Reset before we got to it.
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    this.parts.counters.tcpConnections += 1;
    const connection = new TcpConnection(clientKey(socket.remoteAddress), socket, parts);
    this.#own.add(connection);
    socket.on('close', () => {
      this.#own.delete(connection);
      this.parts.connections.remove(connection);
    });
    this.parts.connections.add(connection);
  }
}
