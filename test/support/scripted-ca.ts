import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { makeTlsPair } from './tls-pair.js';

/** A request as the scripted CA saw it. JWS parts are decoded, and not verified. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly protectedHeader?: Readonly<Record<string, unknown>>;
  /** '' for a POST-as-GET. */
  readonly payload?: Readonly<Record<string, unknown>> | '';
  /** Distinct for each TCP connection. */
  readonly connection: number;
}

export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Objects are sent as JSON. */
  readonly body?: object | string;
  /** `drop`: end the connection without an answer; `hang`: never answer; `half`: end it in the middle of the body; `stall`: stop there. */
  readonly fault?: 'drop' | 'hang' | 'half' | 'stall';
}

export type Script = (request: SeenRequest) => ScriptedAnswer;

/**
 * An ACME server that says what a test tells it to: for everything that Pebble does not do. Directory and newNonce work by
 * themselves; every answer carries a fresh nonce unless it says otherwise.
 */
export interface ScriptedCa {
  readonly directoryUrl: string;
  readonly baseUrl: string;
  readonly caFile: string;
  readonly caPem: string;
  /** All requests so far, but for the ones to the directory and newNonce. */
  readonly seen: readonly SeenRequest[];
  /** How often the directory and newNonce were asked for. */
  readonly counts: { directory: number; newNonce: number };
  /** What the next requests to this path are answered with, one each; the last one stays. */
  on(path: string, ...answers: readonly (ScriptedAnswer | Script)[]): void;
  /** Forgets requests, counts and answers. */
  reset(): void;
  /** Members that are added to the directory. */
  directory: Record<string, unknown>;
  /** Ends all idle connections, as front ends do after a while. */
  closeIdle(): void;
  stop(): Promise<void>;
}

export async function startScriptedCa(): Promise<ScriptedCa> {
  const folder = await mkdtemp(join(tmpdir(), 'fleetcert-scripted-ca-'));
  const pair = await makeTlsPair();
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, pair.caPem);

  const scripts = new Map<string, (ScriptedAnswer | Script)[]>();
  const connections = new WeakMap<object, number>();
  let connectionCount = 0;
  let nonceCount = 0;
  const seen: SeenRequest[] = [];

  const server: Server = createServer({ cert: pair.certificatePem, key: pair.privateKeyPem }, (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      if (!connections.has(incoming.socket)) connections.set(incoming.socket, ++connectionCount);
      const request = toSeen(incoming, Buffer.concat(chunks).toString(), connections.get(incoming.socket) ?? 0);
      respond(outgoing, answerFor(request), `nonce-${++nonceCount}`);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function answerFor(request: SeenRequest): ScriptedAnswer {
    const script = scripts.get(request.path);
    const next = script && (script.length > 1 ? script.shift() : script[0]);
    if (request.path === '/dir') ca.counts.directory += 1;
    else if (request.path === '/new-nonce') ca.counts.newNonce += 1;
    else seen.push(request);
    if (next) return typeof next === 'function' ? next(request) : next;
    if (request.path === '/dir') return { body: directory() };
    return request.path === '/new-nonce' ? {} : { status: 404, body: { type: 'urn:ietf:params:acme:error:malformed' } };
  }

  function directory(): object {
    const paths = { newNonce: 'new-nonce', newAccount: 'new-account', newOrder: 'new-order' };
    const all = { ...paths, revokeCert: 'revoke', keyChange: 'key-change' };
    const urls = Object.entries(all).map(([name, path]) => [name, `${baseUrl}/${path}`]);
    return { ...(Object.fromEntries(urls) as object), ...ca.directory };
  }

  const ca: ScriptedCa = {
    directoryUrl: `${baseUrl}/dir`,
    baseUrl,
    caFile,
    caPem: pair.caPem,
    seen,
    counts: { directory: 0, newNonce: 0 },
    directory: {},
    on: (path, ...answers) => void scripts.set(path, [...answers]),
    reset: () => {
      seen.length = 0;
      scripts.clear();
      ca.directory = {};
      Object.assign(ca.counts, { directory: 0, newNonce: 0 });
    },
    closeIdle: () => server.closeIdleConnections(),
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
      await rm(folder, { recursive: true, force: true });
    },
  };
  return ca;
}

function respond(outgoing: ServerResponse, answer: ScriptedAnswer, nonce: string): void {
  if (answer.fault === 'hang') return;
  if (answer.fault === 'drop') {
    outgoing.socket?.destroy();
    return;
  }
  const body = typeof answer.body === 'object' ? JSON.stringify(answer.body) : (answer.body ?? '');
  const isPartial = answer.fault === 'half' || answer.fault === 'stall';
  outgoing.writeHead(answer.status ?? 200, {
    'replay-nonce': nonce,
    'content-type': typeof answer.body === 'object' ? 'application/json' : 'text/html',
    'content-length': Buffer.byteLength(body) + (isPartial ? 1 : 0),
    ...answer.headers,
  });
  if (answer.fault === 'half') outgoing.write(body, () => outgoing.socket?.destroy());
  else if (answer.fault === 'stall') outgoing.write(body);
  else outgoing.end(body);
}

function toSeen(incoming: IncomingMessage, body: string, connection: number): SeenRequest {
  const { method = '', url = '', headers } = incoming;
  if (body === '') return { method, path: url, headers, connection };
  const jws = JSON.parse(body) as { protected: string; payload: string };
  const payload = jws.payload === '' ? '' : decode(jws.payload);
  return { method, path: url, headers, connection, protectedHeader: decode(jws.protected), payload };
}

function decode(text: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
}
