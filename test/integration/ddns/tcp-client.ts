import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { MessageFramer } from '../../../src/ddns/listeners/message-framer.js';

/** A TCP connection to a loopback port, from which whole messages are read. */
export class TcpClient {
  readonly #messages: Buffer[] = [];
  readonly #framer = new MessageFramer();
  #wake: () => void = () => undefined;
  isClosed = false;

  private constructor(readonly socket: Socket) {
    socket.on('data', (segment) => {
      this.#framer.push(segment, (message) => {
        this.#messages.push(Buffer.from(message));
        return true;
      });
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  static async connect(port: number, localAddress = '127.0.0.1'): Promise<TcpClient> {
    const socket = connect({ host: '127.0.0.1', port, localAddress, allowHalfOpen: true });
    const client = new TcpClient(socket);
    await once(socket, 'connect');
    socket.setNoDelay(true);
    return client;
  }

  send(...messages: Buffer[]): void {
    this.socket.write(Buffer.concat(messages.map(framed)));
  }

  /** The next message; rejects when the connection closes, or after the time. */
  async receive(timeoutMilliseconds = 3000): Promise<Buffer> {
    const deadline = Date.now() + timeoutMilliseconds;
    while (this.#messages.length === 0) {
      if (this.isClosed) throw new Error('the connection is closed');
      if (Date.now() > deadline) throw new Error('no message in time');
      await this.#change(deadline);
    }
    return this.#messages.shift()!;
  }

  /** @returns how many milliseconds it took the server to close. */
  async closed(timeoutMilliseconds = 5000): Promise<number> {
    const begin = Date.now();
    while (!this.isClosed && !this.socket.readableEnded) {
      if (Date.now() - begin > timeoutMilliseconds) throw new Error('the connection is still open');
      await this.#change(begin + timeoutMilliseconds);
    }
    return Date.now() - begin;
  }

  destroy(): void {
    this.socket.destroy();
  }

  #change(deadline: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(1, Math.min(50, deadline - Date.now())));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

export function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(2);
  prefix.writeUInt16BE(message.length);
  return Buffer.concat([prefix, message]);
}

/** Asks once over a connection of its own. */
export async function exchangeTcp(port: number, message: Buffer): Promise<Buffer> {
  const client = await TcpClient.connect(port);
  try {
    client.send(message);
    return await client.receive();
  } finally {
    client.destroy();
  }
}
