import { createHash } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import type { X509Certificate } from '@peculiar/x509';

import { AgentCa } from './agent-ca.js';

const DAY_MILLISECONDS = 86_400_000;

/** What the agent has asked. */
export interface SeenRequest {
  readonly call: string;
  readonly credential: string | undefined;
  readonly body: unknown;
}

/** A scripted answer in place of the ordinary one. */
export interface ScriptedAnswer {
  readonly status: number;
  readonly body?: string | object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Take the request and never answer. */
  readonly hang?: boolean;
}

export interface AgentApiOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
}

export const DEVICE_NAME = 'k2v7abcdefghijklmnop.fleet.test';

/**
 * The device API as a script: it answers rightly until a test tells it what to do wrong. For faults that the real server
 * does not have, and for counting; what works is tested against the real server (agent.test.ts).
 */
export class AgentApi {
  readonly requests: SeenRequest[] = [];
  addresses: string[] = [];
  deviceState = 'active';
  /** Added to the clock. */
  offsetMilliseconds = 0;
  lifetimeMilliseconds = 90 * DAY_MILLISECONDS;
  /** What an order does when it is asked for: a status, with the reason that goes with it. */
  orderStatus: { status: string; reason?: string; estimatedAt?: string } = { status: 'issued' };
  retryAfterSeconds = 1;
  renewAt: Date | undefined;
  /** A new certificate does not move renewAt. */
  keepsRenewAt = false;
  /** Whoever holds one of these is the device. The first use of a later one ends those before it. */
  tokens = ['fcd_first-credential'];
  /** Called before a request is looked at. */
  beforeRequest: (() => void) | undefined;
  /** What the certificate call hands out for what is stored. */
  handOut: (pem: string) => string = (pem) => pem;
  /** How a leaf is made; replaced by tests that want a wrong one. */
  makeLeaf: (csr: string) => Promise<X509Certificate>;
  private readonly scripted = new Map<string, ScriptedAnswer[]>();
  private readonly orders = new Map<string, { id: string; csr: string }>();
  private leaf: X509Certificate | undefined;

  private constructor(
    readonly ca: AgentCa,
    private readonly server: ReturnType<typeof createHttpServer>,
    private readonly scheme: string,
  ) {
    this.makeLeaf = (csr) => this.ca.sign(csr, this.validity());
  }

  static async start(options: AgentApiOptions = {}): Promise<AgentApi> {
    const ca = await AgentCa.make();
    const server = options.tls ? createHttpsServer(options.tls) : createHttpServer();
    const api = new AgentApi(ca, server, options.tls ? 'https' : 'http');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void api.serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  /** From now on connections see this certificate; for an API that was started with TLS. */
  present(tls: { readonly key: string; readonly cert: string }): void {
    if (!(this.server instanceof HttpsServer)) throw new Error('this API has no TLS');
    const { key, cert } = tls;
    this.server.setSecureContext({ key, cert });
    this.server.closeIdleConnections();
  }

  get url(): string {
    return `${this.scheme}://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get now(): Date {
    return new Date(Date.now() + this.offsetMilliseconds);
  }

  /** Orders that were made; the same CSR again is the same order. */
  get orderCount(): number {
    return this.orders.size;
  }

  get certificate(): X509Certificate | undefined {
    return this.leaf;
  }

  validity(): { notBefore: Date; notAfter: Date } {
    const notBefore = new Date(this.now.getTime() - DAY_MILLISECONDS);
    return { notBefore, notAfter: new Date(notBefore.getTime() + this.lifetimeMilliseconds) };
  }

  calls(): string[] {
    return this.requests.map(({ call }) => call);
  }

  /** From now on, or as often as given, `call` is answered like this. */
  script(call: string, answer: ScriptedAnswer, times = Number.POSITIVE_INFINITY): void {
    this.scripted.set(
      call,
      Array.from({ length: Math.min(times, 100) }, () => answer),
    );
  }

  unscript(): void {
    this.scripted.clear();
  }

  /** The certificate is due for renewal. */
  letRenew(): void {
    this.renewAt = new Date(this.now.getTime() - 60_000);
  }

  /** What brings it back to where it is now, with nothing scripted and no requests seen. */
  snapshot(): () => void {
    const { addresses, renewAt, leaf, isIssued, makeLeaf, handOut } = this;
    const tokens = [...this.tokens];
    const orders = [...this.orders];
    return () => {
      Object.assign(this, { addresses, renewAt, tokens: [...tokens], leaf, isIssued, makeLeaf, handOut });
      this.deviceState = 'active';
      this.offsetMilliseconds = 0;
      this.orderStatus = { status: 'issued' };
      this.retryAfterSeconds = 1;
      this.keepsRenewAt = false;
      this.orders.clear();
      for (const [csr, order] of orders) this.orders.set(csr, order);
      this.requests.length = 0;
      this.unscript();
    };
  }

  /** Takes over a certificate that came about without an order of the agent's. */
  async setCertificate(csr: string): Promise<void> {
    this.leaf = await this.makeLeaf(csr);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = `${request.method} ${request.url}`;
    const text = await read(request);
    this.beforeRequest?.();
    const credential = request.headers.authorization?.replace('Bearer ', '');
    this.requests.push({ call, credential, body: text.startsWith('{') ? (JSON.parse(text) as unknown) : text });
    const scripted = this.scripted.get(call)?.shift();
    if (scripted?.hang) return;
    const { status, body, headers } = scripted ?? (await this.answer(call, credential, text));
    response.writeHead(status, {
      'content-type': typeof body === 'object' ? 'application/json' : 'text/html',
      ...headers,
    });
    response.end(typeof body === 'object' ? JSON.stringify(body) : body);
  }

  private async answer(call: string, credential: string | undefined, text: string): Promise<ScriptedAnswer> {
    if (call === 'POST /v1/enroll') return this.enroll(JSON.parse(text) as { addresses?: string[] });
    const used = this.tokens.indexOf(credential ?? '');
    if (used < 0) return problem(401, 'unauthorized', 'There is no such device.');
    this.tokens = this.tokens.slice(used);
    switch (call) {
      case 'GET /v1/device':
        return { status: 200, body: this.device() };
      case 'PUT /v1/device/addresses':
        this.addresses = (JSON.parse(text) as { addresses: string[] }).addresses;
        return { status: 200, body: { name: DEVICE_NAME, addresses: this.addresses, changed: true } };
      case 'POST /v1/device/orders':
        return this.order((JSON.parse(text) as { csr: string }).csr);
      case 'GET /v1/device/certificate':
        return this.leaf
          ? {
              status: 200,
              body: this.handOut(this.ca.chain(this.leaf)),
              headers: { 'content-type': 'application/pem-certificate-chain' },
            }
          : problem(404, 'no_certificate', 'There is no certificate yet.');
      case 'POST /v1/device/token': {
        const token = `fcd_credential-${this.requests.length}`;
        this.tokens.push(token);
        return { status: 200, body: { token } };
      }
      default:
        return call.startsWith('GET /v1/device/orders/') ? this.order() : problem(404, 'not_found', 'No such call.');
    }
  }

  private enroll(body: { addresses?: string[] }): ScriptedAnswer {
    this.addresses = body.addresses ?? [];
    const { now: serverTime, addresses, tokens } = this;
    const answer = { deviceId: 'd1', name: DEVICE_NAME, zone: 'fleet.test', token: tokens[0], addresses, serverTime };
    return { status: 201, body: answer };
  }

  private device(): object {
    const { addresses, leaf } = this;
    return {
      deviceId: 'd1',
      name: DEVICE_NAME,
      state: this.deviceState,
      addresses,
      certificate: leaf ? { serial: leaf.serialNumber, sha256: sha256(leaf), notAfter: leaf.notAfter } : null,
      order: this.orders.size > 0 ? { orderId: 'o1', ...this.orderStatus } : null,
      renewAt: leaf ? (this.renewAt ?? new Date(this.now.getTime() + 30 * DAY_MILLISECONDS)) : null,
      serverTime: this.now,
    };
  }

  private async order(csr?: string): Promise<ScriptedAnswer> {
    if (csr && !this.orders.has(csr)) {
      this.orders.set(csr, { id: `o${this.orders.size + 1}`, csr });
      this.isIssued = false;
    }
    const newest = [...this.orders.values()].at(-1)!;
    if (this.orderStatus.status === 'issued' && !this.isIssued) {
      this.leaf = await this.makeLeaf(newest.csr);
      this.isIssued = true;
      if (!this.keepsRenewAt) this.renewAt = undefined;
    }
    return {
      status: this.orderStatus.status === 'issued' ? 200 : 202,
      body: { orderId: newest.id, names: [DEVICE_NAME], ...this.orderStatus },
      headers: { 'retry-after': String(this.retryAfterSeconds) },
    };
  }

  private isIssued = false;
}

/** A problem document as the server makes them. */
export function problem(status: number, code: string, detail: string): ScriptedAnswer {
  return {
    status,
    body: { type: `urn:fleetcert:problem:${code}`, status, detail },
    headers: { 'content-type': 'application/problem+json' },
  };
}

function sha256(certificate: X509Certificate): string {
  return createHash('sha256').update(Buffer.from(certificate.rawData)).digest('hex');
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
