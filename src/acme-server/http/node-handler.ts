import type { IncomingMessage, ServerResponse } from 'node:http';

import { normalizeAddress } from '../../kernel/ip-address.js';
import type { AcmeHttpRequest, AcmeHttpResponse } from '../protocol/http.js';

export interface NodeHandlerOptions {
  /** A body is read to this size at most; what is longer is refused without being read to its end. */
  readonly maxBodyBytes: number;
  /** The client's address, where a proxy is trusted to know it better than the connection does. */
  readonly remoteAddress?: (request: IncomingMessage) => string;
}

/**
 * Serves anything that answers AcmeHttpRequests from node:http, node:https or Express (mounted where no body parser
 * has been). Never rejects, whatever the client does; what `handle` throws is a 500 without a word.
 */
export function nodeHandler(
  handle: (request: AcmeHttpRequest) => Promise<AcmeHttpResponse>,
  options: NodeHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    // A client that goes away in the middle is no event worth a stack trace.
    response.on('error', () => undefined);
    const body = await readBody(request, options.maxBodyBytes + 1);
    if (body === undefined) return;
    let answer: AcmeHttpResponse;
    try {
      answer = await handle({
        method: request.method ?? 'GET',
        target: targetOf(request),
        headers: singleHeaders(request),
        body,
        remoteAddress: normalized(options.remoteAddress?.(request) ?? request.socket.remoteAddress ?? ''),
      });
    } catch {
      answer = { status: 500, headers: {}, body: '' };
    }
    send(request, response, answer);
  };
}

function send(request: IncomingMessage, response: ServerResponse, answer: AcmeHttpResponse): void {
  for (const [name, value] of Object.entries(answer.headers)) {
    if (typeof value === 'string') response.setHeader(name, value);
    else if (value.length > 0) response.setHeader(name, [...value]);
  }
  // What was not read of a body that is too large must not be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close');
  const bytes = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
  if (answer.status !== 204) response.setHeader('content-length', bytes.length);
  response.writeHead(answer.status);
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** The body, cut off at `maxBytes`; undefined when the client has gone. */
function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length < maxBytes) return;
      request.pause();
      resolve(Buffer.concat(chunks));
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => resolve(undefined));
    request.on('close', () => resolve(undefined));
  });
}

/** Path and query. Express strips what it has mounted from `url`, and keeps the whole in `originalUrl`. */
function targetOf(request: IncomingMessage): string {
  const { originalUrl } = request as { originalUrl?: string };
  return originalUrl ?? request.url ?? '/';
}

function singleHeaders(request: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}

function normalized(address: string): string {
  // `::ffff:` leads an IPv4 client of a dual-stack listener, `%eth0` ends a link-local address.
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
  return normalizeAddress(plain) ?? '::';
}
