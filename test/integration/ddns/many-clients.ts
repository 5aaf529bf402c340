import { createSocket, type Socket } from 'node:dgram';

import { mustWireName } from '../../../src/ddns/domain/name.js';
import { CLASS_IN, typeNumber } from '../../../src/ddns/domain/rr-type.js';
import { encodeMessage } from '../../../src/ddns/wire/rr-encoder.js';
import { describeAnswer, type Answer } from './ask.js';

/** Clients on sockets of their own: the kernel spreads them over the processes that share a port. */
export class ManyClients {
  readonly #sockets: Socket[] = [];

  constructor(
    private readonly port: number,
    count: number,
  ) {
    for (let index = 0; index < count; index += 1) this.#sockets.push(createSocket('udp4'));
  }

  /** Each client asks once. Undefined for those that got no answer in time. */
  askAll(name: string, type: string, milliseconds = 2_000): Promise<(Answer | undefined)[]> {
    const questions = [{ name: mustWireName(name), type: typeNumber(type)!, class: CLASS_IN }];
    return this.sendAll(encodeMessage({ id: 7, flags: 0, questions }), milliseconds);
  }

  sendAll(message: Buffer, milliseconds = 2_000): Promise<(Answer | undefined)[]> {
    return Promise.all(this.#sockets.map((socket) => exchange(socket, message, this.port, milliseconds)));
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }
}

function exchange(socket: Socket, message: Buffer, port: number, milliseconds: number): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const done = (answer?: Buffer): void => {
      clearTimeout(timer);
      socket.removeAllListeners('message');
      resolve(answer && describeAnswer(answer));
    };
    const timer = setTimeout(done, milliseconds);
    socket.once('message', done);
    socket.send(message, port, '127.0.0.1');
  });
}
