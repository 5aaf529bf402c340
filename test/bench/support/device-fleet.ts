import type { ServerProcess } from '../../support/server-process.js';
import { HttpLane } from './http-lane.js';

export interface BenchDevice {
  readonly name: string;
  readonly token: string;
}

/** Devices of a running server, and the HTTP connections that they change their addresses over. */
export class DeviceFleet {
  readonly #lanes: readonly HttpLane[];
  /** The lanes that nobody uses; the last one used comes first again. */
  readonly #idle: HttpLane[];
  readonly #waiting: ((lane: HttpLane) => void)[] = [];
  readonly #host: string;
  #generation = 0;

  constructor(
    url: string,
    readonly devices: readonly BenchDevice[],
    connections: number,
  ) {
    const { hostname, port, host } = new URL(url);
    this.#host = host;
    this.#lanes = Array.from({ length: connections }, () => new HttpLane(hostname, Number(port)));
    this.#idle = [...this.#lanes];
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

  async put({ token }: BenchDevice, address: string): Promise<void> {
    const body = JSON.stringify({ addresses: [address] });
    const lane = this.#idle.pop() ?? (await new Promise<HttpLane>((resolve) => this.#waiting.push(resolve)));
    try {
      const status = await lane.send(
        `PUT /v1/device/addresses HTTP/1.1\r\nHost: ${this.#host}\r\nAuthorization: Bearer ${token}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      if (status !== 200) throw new Error(`PUT answered ${status}`);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(lane);
      else this.#idle.push(lane);
    }
  }

  close(): void {
    for (const lane of this.#lanes) lane.close();
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
