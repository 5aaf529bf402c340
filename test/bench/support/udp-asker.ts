import { createSocket, type Socket } from 'node:dgram';

import { mustWireName } from '../../../src/ddns/domain/name.js';
import { CLASS_IN, TYPE } from '../../../src/ddns/domain/rr-type.js';
import { encodeMessage } from '../../../src/ddns/wire/rr-encoder.js';

const LOST_MILLISECONDS = 2_000;

/** Asks for A records over one socket, many questions at a time. */
export class UdpAsker {
  readonly #waiting = new Map<number, (answer: Buffer) => void>();
  readonly #socket: Socket = createSocket('udp4');
  #lastId = 0;

  constructor(private readonly port: number) {
    this.#socket.on('message', (answer) => {
      const id = answer.readUInt16BE(0);
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    });
  }

  /** @returns the last four octets of the answer: the address, where there is one; `lost` when none came. */
  address(name: string): Promise<string> {
    this.#lastId = (this.#lastId + 1) & 0xffff;
    const id = this.#lastId;
    const questions = [{ name: mustWireName(name), type: TYPE.A, class: CLASS_IN }];
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve('lost'), LOST_MILLISECONDS);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        resolve([...answer.subarray(-4)].join('.'));
      });
      this.#socket.send(encodeMessage({ id, flags: 0, questions }), this.port, '127.0.0.1');
    });
  }

  close(): void {
    this.#socket.close();
  }
}
