import { Agent, request } from 'node:http';

import type { ServerProcess } from '../../support/server-process.js';

export interface BenchDevice {
  readonly name: string;
  readonly token: string;
}

/** Devices of a running server, and the HTTP connections that they change their addresses over. */
export class DeviceFleet {
  readonly #agent: Agent;
  #generation = 0;

  constructor(
    private readonly url: string,
    readonly devices: readonly BenchDevice[],
    connections: number,
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  static async enroll(server: ServerProcess, count: number, connections: number): Promise<DeviceFleet> {
    const enrollmentKey = await server.enrollmentKey();
    const devices: BenchDevice[] = [];
    for (let index = 0; index < count; index += 1) {
      const { body } = await server.api('POST', '/v1/enroll', { enrollmentKey, addresses: ['10.0.0.1'] });
      devices.push({ name: body['name'] as string, token: body['token'] as string });
    }
    return new DeviceFleet(server.url, devices, connections);
  }

  /** An address that no device has had before. */
  nextAddress(): string {
    this.#generation += 1;
    const number = this.#generation;
    return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  }

  put({ token }: BenchDevice, address: string): Promise<void> {
    const body = JSON.stringify({ addresses: [address] });
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-length': body.length,
      };
      const send = (): void => {
        const outgoing = request(
          `${this.url}/v1/device/addresses`,
          { agent: this.#agent, method: 'PUT', headers },
          (answer) => {
            answer.resume();
            answer.on('end', () =>
              answer.statusCode === 200 ? resolve() : reject(new Error(`PUT answered ${answer.statusCode}`)),
            );
          },
        );
        // A connection that was idle for long is closed at the moment in which it is used again.
        outgoing.on('error', (error) => (outgoing.reusedSocket ? send() : reject(error)));
        outgoing.end(body);
      };
      send();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Begins `task` so many times a second, whatever is under way already. @returns what each took, in milliseconds. */
export async function paced(
  perSecond: number,
  seconds: number,
  task: (index: number) => Promise<void>,
): Promise<readonly number[]> {
  const times: number[] = [];
  const running: Promise<void>[] = [];
  const begin = performance.now();
  let next = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(Math.floor(((performance.now() - begin) / 1000) * perSecond), perSecond * seconds);
      for (; next < due; next += 1) {
        const sent = performance.now();
        running.push(task(next).then(() => void times.push(performance.now() - sent)));
      }
      if (next < perSecond * seconds) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  await Promise.all(running);
  return times;
}

/** Keeps so many tasks under way. @returns how many were done a second. */
export async function sustained(
  lanes: number,
  seconds: number,
  task: (index: number) => Promise<void>,
): Promise<number> {
  const begin = performance.now();
  const end = begin + seconds * 1000;
  let next = 0;
  let done = 0;
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (performance.now() < end) {
        next += 1;
        await task(next);
        done += 1;
      }
    }),
  );
  return done / ((performance.now() - begin) / 1000);
}
