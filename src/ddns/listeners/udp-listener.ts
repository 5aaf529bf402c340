import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

import type { ListenAddress } from '../../platform/config/app-config.js';
import type { DnsCounters } from './dns-counters.js';
import { ListenError } from './listen-error.js';
import type { MessagePipeline, Responder } from './message-pipeline.js';
import type { MessageSource } from './message-hook.js';

/** Room for the burst that comes in while the process does something else. */
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024;

export interface UdpListenerOptions {
  /** Let several processes bind the same port; the kernel spreads the clients over them. */
  readonly reusePort?: boolean;
}

/** One bound UDP address. */
export class UdpListener implements Responder {
  readonly #onSent = (error: Error | null): void => {
    if (error) this.counters.sendErrors += 1;
  };

  private constructor(
    private readonly socket: Socket,
    private readonly pipeline: MessagePipeline,
    private readonly counters: DnsCounters,
  ) {
    // A socket's late errors (a network that went away) must not end the process.
    socket.on('error', () => (this.counters.sendErrors += 1));
    socket.on('message', (message, source) => this.#receive(message, source));
  }

  /** @throws ListenError when the address cannot be bound. */
  static async open(
    where: ListenAddress,
    pipeline: MessagePipeline,
    counters: DnsCounters,
    options: UdpListenerOptions = {},
  ): Promise<UdpListener> {
    const ipv6 = where.address.includes(':');
    const socket = createSocket({
      type: ipv6 ? 'udp6' : 'udp4',
      ipv6Only: ipv6,
      reusePort: options.reusePort ?? false,
      // Answers go to the numeric address that a query came from: there is nothing to resolve, and no tick to wait.
      lookup: (address, _options, callback) => callback(null, address, ipv6 ? 6 : 4),
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) => reject(new ListenError('UDP', where, error)));
      socket.bind({ address: where.address, port: where.port, exclusive: true }, () => resolve());
    }).catch((error: unknown) => {
      socket.close();
      throw error;
    });
    socket.removeAllListeners('error');
    growReceiveBuffer(socket);
    return new UdpListener(socket, pipeline, counters);
  }

  get port(): number {
    return this.socket.address().port;
  }

  respond(message: Uint8Array, source: MessageSource): Promise<void> {
    return new Promise((resolve) => {
      this.#send(message, 0, message.length, source, (error) => {
        this.#onSent(error);
        resolve();
      });
    });
  }

  changeAnswersDue(): void {
    // There is no connection to keep open.
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }

  #receive(message: Buffer, source: RemoteInfo): void {
    // There is no way back to port 0, and sending there is an error.
    if (source.port === 0) {
      this.counters.silenced += 1;
      return;
    }
    this.counters.udpQueries += 1;
    const octets = this.pipeline.process(message, 'udp', source, this);
    if (octets === 0) return;
    this.#send(this.pipeline.octets, 0, octets, source, this.#onSent);
    // Nearly always the kernel has taken the datagram by now. Where it has not, the octets belong to the socket.
    if (this.socket.getSendQueueCount() > 0) this.pipeline.releaseOctets();
  }

  #send(
    octets: Uint8Array,
    offset: number,
    length: number,
    { address, port }: MessageSource,
    callback: (error: Error | null) => void,
  ): void {
    try {
      this.socket.send(octets, offset, length, port, address, callback);
    } catch (error) {
      // Closed meanwhile, or an address that Node does not take.
      callback(error as Error);
    }
  }
}

function growReceiveBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_OCTETS);
  } catch {
    // The system allows less, and has set what it allows.
  }
}
