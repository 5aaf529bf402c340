import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';

import type { ListenAddress } from '../../platform/config/app-config.js';

/** Where a peer listens. */
export interface PeerAddress {
  /** Normalized text. */
  readonly address: string;
  readonly port: number;
}

interface Pending {
  readonly peer: PeerAddress;
  readonly accepts: (answer: Buffer) => boolean;
  readonly settle: (answer: Buffer | undefined) => void;
}

type Family = 'udp4' | 'udp6';

/**
 * Sends small requests (NOTIFY, SOA queries) to other servers over UDP, and matches the answers: by address, port, id,
 * and what the caller makes of them; anything else is as if it had not come.
 */
export class PeerSocket {
  readonly #sockets = new Map<Family, Promise<Socket>>();
  readonly #pending = new Map<number, Pending>();
  #closed = false;

  /**
   * @param listen our listen addresses: a secondary knows its primary by address, so requests leave from the first
   * concrete one of a family.
   */
  constructor(private readonly listen: readonly ListenAddress[]) {}

  /**
   * Sends the request that `build` makes for an id, once.
   * @param accepts whether an answer from the right place with the right id is one to the request.
   * @returns the answer, or undefined when none came in time or the peer cannot be sent to.
   */
  async ask(
    peer: PeerAddress,
    build: (id: number) => Buffer,
    accepts: (answer: Buffer) => boolean,
    timeoutMilliseconds: number,
  ): Promise<Buffer | undefined> {
    const socket = await this.#socketFor(peer).catch(() => undefined);
    if (!socket || this.#closed) return undefined;
    const id = this.#freeId();
    return new Promise((resolve) => {
      const settle = (answer: Buffer | undefined): void => {
        clearTimeout(timer);
        this.#pending.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(() => settle(undefined), timeoutMilliseconds);
      this.#pending.set(id, { peer, accepts, settle });
      socket.send(build(id), peer.port, peer.address, (error) => {
        if (error) settle(undefined);
      });
    });
  }

  /** Ends every request without an answer. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { settle } of this.#pending.values()) settle(undefined);
    for (const opening of this.#sockets.values()) {
      const socket = await opening.catch(() => undefined);
      if (socket) await new Promise<void>((resolve) => socket.close(() => resolve()));
    }
  }

  #socketFor({ address }: PeerAddress): Promise<Socket> {
    const family: Family = address.includes(':') ? 'udp6' : 'udp4';
    let socket = this.#sockets.get(family);
    if (!socket) {
      socket = this.#open(family);
      this.#sockets.set(family, socket);
      // Tried again at the next request.
      socket.catch(() => this.#sockets.delete(family));
    }
    return socket;
  }

  async #open(family: Family): Promise<Socket> {
    const socket = createSocket({ type: family, ipv6Only: family === 'udp6' });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind({ address: this.#sourceAddress(family), port: 0 }, resolve);
      });
    } catch (error) {
      socket.close();
      throw error;
    }
    socket.removeAllListeners('error');
    // A peer that is not there is found out by the time-out.
    socket.on('error', () => undefined);
    socket.on('message', (answer, source) => this.#receive(answer, source));
    return socket;
  }

  #sourceAddress(family: Family): string | undefined {
    return this.listen.find(
      ({ address }) => address.includes(':') === (family === 'udp6') && address !== '0.0.0.0' && address !== '::',
    )?.address;
  }

  #receive(answer: Buffer, source: PeerAddress): void {
    if (answer.length < 12) return;
    const pending = this.#pending.get(answer.readUInt16BE(0));
    if (!pending || pending.peer.port !== source.port || pending.peer.address !== unscoped(source.address)) return;
    if (pending.accepts(answer)) pending.settle(answer);
  }

  #freeId(): number {
    let id = randomInt(0x10000);
    while (this.#pending.has(id)) id = (id + 1) & 0xffff;
    return id;
  }
}

function unscoped(address: string): string {
  return address.split('%', 1)[0]!;
}
