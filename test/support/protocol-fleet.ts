import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { aCsr, toPem } from './csr-builder.js';

interface Answer {
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
  readonly text: string;
}

export interface FleetDevice {
  readonly name: string;
  readonly token: string;
}

/** What came of an order, as its device saw it. */
export interface FleetCertificate {
  readonly device: FleetDevice;
  readonly orderId: string;
  readonly serial: string;
  /** The times that the server promised with the order. */
  readonly estimatedAt: string | undefined;
  /** Milliseconds since the epoch: asked, and fetched. */
  readonly askedAt: number;
  readonly fetchedAt: number;
}

export interface FleetOptions {
  readonly connections?: number;
  /** A device asks no less often than this, so that a run does not wait for a poll alone. Default 2. */
  readonly longestPollSeconds?: number;
}

const RETRY_MILLISECONDS = 200;
const TIMEOUT_MILLISECONDS = 10_000;

/**
 * Devices that speak the REST API: enroll, order with a CSR of their own, poll by Retry-After, fetch the chain. Where a
 * server does not answer, or is busy, they go on with the next one of `urls`, as behind a load balancer.
 */
export class ProtocolFleet {
  readonly #agent: Agent;
  #turn = 0;

  constructor(
    private readonly urls: readonly string[],
    /** Ends every call and every wait. */
    private readonly signal: AbortSignal,
    private readonly options: FleetOptions = {},
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.connections ?? 32 });
  }

  /** So many devices, `atOnce` at a time. */
  async enroll(enrollmentKey: string, count: number, atOnce = 16): Promise<FleetDevice[]> {
    const devices: FleetDevice[] = [];
    const enrollOne = async (): Promise<void> => {
      const { text } = await this.#call('POST', '/v1/enroll', 201, undefined, { enrollmentKey });
      const { name, token } = JSON.parse(text) as FleetDevice;
      devices.push({ name, token });
    };
    const lane = async (share: number): Promise<void> => {
      for (let left = share; left > 0; left--) await enrollOne();
    };
    await Promise.all(Array.from({ length: atOnce }, (_, index) => lane(Math.floor((count + index) / atOnce))));
    return devices;
  }

  /** A new key and CSR, an order, and its certificate. @throws when the order fails */
  async certify(device: FleetDevice): Promise<FleetCertificate> {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const csr = toPem(aCsr({ key: privateKey, altNames: { dns: [device.name] } }));
    const askedAt = Date.now();
    let answer = await this.#call('POST', '/v1/device/orders', 202, device.token, { csr });
    const { orderId, estimatedAt } = orderIn(answer);
    for (let order = orderIn(answer); order.status !== 'issued'; order = orderIn(answer)) {
      if (order.status === 'failed') throw new Error(`the order of ${device.name} failed: ${order.reason}`);
      const { signal, options } = this;
      const seconds = Math.min(answer.retryAfterSeconds ?? 1, options.longestPollSeconds ?? 2);
      await sleep(seconds * 1000, undefined, { signal });
      answer = await this.#call('GET', `/v1/device/orders/${orderId}`, 200, device.token);
    }
    const { text } = await this.#call('GET', '/v1/device/certificate', 200, device.token);
    const { serialNumber: serial } = new X509Certificate(text);
    return { device, orderId, estimatedAt, serial, askedAt, fetchedAt: Date.now() };
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Repeated until somebody answers; every call of a device may be. */
  async #call(method: string, path: string, expected: number, token?: string, body?: object): Promise<Answer> {
    for (;;) {
      const url = this.urls[this.#turn++ % this.urls.length]!;
      const answer = await this.#ask(url + path, method, token, body).catch(() => undefined);
      if (answer && (answer.status === expected || answer.status === 200)) return answer;
      if (answer && answer.status < 500) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
      await sleep(RETRY_MILLISECONDS, undefined, { signal: this.signal });
    }
  }

  #ask(url: string, method: string, token: string | undefined, body: object | undefined): Promise<Answer> {
    const content = body && JSON.stringify(body);
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(content !== undefined && {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(content)),
      }),
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { agent: this.#agent, method, headers, timeout: TIMEOUT_MILLISECONDS });
      outgoing.on('response', (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const retryAfter = Number(incoming.headers['retry-after'] ?? Number.NaN);
          resolve({
            status: incoming.statusCode ?? 0,
            retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
            text: Buffer.concat(chunks).toString(),
          });
        });
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error(`${url} did not answer`)));
      outgoing.on('error', reject);
      outgoing.end(content);
    });
  }
}

interface OrderJson {
  readonly orderId: string;
  readonly status: string;
  readonly reason?: string;
  readonly estimatedAt?: string;
}

function orderIn({ text }: Answer): OrderJson {
  return JSON.parse(text) as OrderJson;
}
