import type { Clock } from '../../kernel/clock.js';
import { AcmeConnection } from './acme-connection.js';
import type { AcmeTransportOptions } from './acme-transport.js';

/** The connections to all CAs that are in use: one each, so that accounts at a CA share its nonces and its directory. */
export class AcmeConnections {
  readonly #connections = new Map<string, AcmeConnection>();

  constructor(
    private readonly clock: Clock,
    private readonly options: AcmeTransportOptions | ((directoryUrl: string) => AcmeTransportOptions) = {},
  ) {}

  to(directoryUrl: string): AcmeConnection {
    let connection = this.#connections.get(directoryUrl);
    if (!connection) {
      const { options } = this;
      connection = new AcmeConnection(
        directoryUrl,
        this.clock,
        typeof options === 'function' ? options(directoryUrl) : options,
      );
      this.#connections.set(directoryUrl, connection);
    }
    return connection;
  }

  /** Ends all connections; requests under way reject with AcmeUnreachableError. */
  close(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }
}
