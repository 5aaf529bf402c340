import { AsyncResource } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

import { Logger } from '@nestjs/common';

import { AcmeUnreachableError } from './acme-ca.js';
import { traceCaCall } from './trace-ca-call.js';
import { userAgent } from './user-agent.js';

/** A whole HTTP answer. Nothing is said of its status yet. */
export interface HttpAnswer {
  readonly url: string;
  readonly method: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface AcmeTransportOptions {
  /** PEM file of roots that the CA's own TLS is trusted by, beside the system's. */
  readonly caFile?: string;
  /** From the call to the last octet of the answer. */
  readonly timeoutSeconds?: number;
  /** Connections at once; further requests wait for one, within their time-out. */
  readonly maxConnections?: number;
  /** An answer larger than this is an error. */
  readonly maxAnswerBytes?: number;
}

/** Shorter than the idle time-outs of CAs' front ends, so that we close first and no request runs into their closing. */
const IDLE_CONNECTION_MILLISECONDS = 10_000;

/** A kept connection turned out to be closed before anything was answered on it. */
export class ConnectionGoneError extends AcmeUnreachableError {}

/**
 * HTTPS to one CA: its own kept connections, trust, time-out and size limit. Follows no redirect, repeats nothing, and
 * rejects with AcmeUnreachableError only.
 */
export class AcmeTransport {
  readonly #logger = new Logger('CA');
  readonly #caFile: string | undefined;
  readonly #timeoutMilliseconds: number;
  readonly #maxConnections: number;
  readonly #maxAnswerBytes: number;
  #agent: Agent | undefined;
  #closed = false;

  constructor(options: AcmeTransportOptions = {}) {
    this.#caFile = options.caFile;
    this.#timeoutMilliseconds = (options.timeoutSeconds ?? 30) * 1000;
    this.#maxConnections = options.maxConnections ?? 16;
    this.#maxAnswerBytes = options.maxAnswerBytes ?? 1024 * 1024;
  }

  request(url: string, method: 'GET' | 'HEAD' | 'POST', body?: string): Promise<HttpAnswer> {
    return traceCaCall(url, method, () => this.#send(url, method, body));
  }

  #send(url: string, method: 'GET' | 'HEAD' | 'POST', body?: string): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new AcmeUnreachableError(`${url} is not asked any more: the server is stopping`);
      const target = URL.parse(url);
      const begin = performance.now();
      // The connection is kept from call to call, and has the fields of whoever has opened it.
      const log = AsyncResource.bind((fields: object, text: string) => this.#logger.debug(fields, text));
      if (target?.protocol !== 'https:') throw new AcmeUnreachableError(`${url} is not an https URL`);
      const outgoing = request(target, { agent: this.#openAgent(), method, headers: headersFor(body) });

      const timer = setTimeout(() => {
        fail(new Error(`no complete answer within ${this.#timeoutMilliseconds / 1000} s`), true);
        outgoing.destroy();
      }, this.#timeoutMilliseconds);
      const fail = (error: Error, answered: boolean): void => {
        clearTimeout(timer);
        const Kind = !answered && outgoing.reusedSocket && isReset(error) ? ConnectionGoneError : AcmeUnreachableError;
        reject(new Kind(describe(url, error), { cause: error }));
      };

      outgoing.on('error', (error) => fail(error, false));
      outgoing.on('response', (incoming) => {
        const chunks: Buffer[] = [];
        let length = 0;
        incoming.on('error', (error) => fail(error, true));
        incoming.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length <= this.#maxAnswerBytes) return;
          fail(new Error(`its answer is larger than ${this.#maxAnswerBytes} octets`), true);
          outgoing.destroy();
        });
        incoming.on('end', () => {
          clearTimeout(timer);
          const text = Buffer.concat(chunks).toString('utf8');
          const status = incoming.statusCode ?? 0;
          log({ method, url, status, milliseconds: Math.round(performance.now() - begin) }, 'the CA has answered');
          resolve({ url, method, status, headers: incoming.headers, text });
        });
      });
      outgoing.end(body);
    });
  }

  /** Ends every connection; requests under way reject. */
  close(): void {
    this.#closed = true;
    this.#agent?.destroy();
  }

  #openAgent(): Agent {
    this.#agent ??= new Agent({
      keepAlive: true,
      maxSockets: this.#maxConnections,
      maxFreeSockets: this.#maxConnections,
      scheduling: 'lifo',
      timeout: IDLE_CONNECTION_MILLISECONDS,
      // One context for all connections: reading some 150 roots again for each handshake costs more than the handshake.
      secureContext: trust(this.#caFile),
    });
    return this.#agent;
  }
}

function headersFor(body: string | undefined): Record<string, string | number> {
  return {
    'user-agent': userAgent(),
    // One value for all requests: a certificate chain where there is one (RFC 8555 section 7.4.2), JSON otherwise.
    accept: 'application/pem-certificate-chain, application/json, application/problem+json',
    ...(body !== undefined && {
      'content-type': 'application/jose+json',
      'content-length': Buffer.byteLength(body),
    }),
  };
}

/** Node's own roots, the system's, and the configured file's. */
function trust(caFile: string | undefined): SecureContext {
  const roots = new Set([...getCACertificates('default'), ...getCACertificates('system')]);
  if (caFile !== undefined) {
    try {
      roots.add(readFileSync(caFile, 'utf8'));
    } catch (error) {
      throw new AcmeUnreachableError(`the ACME CA file ${caFile} could not be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
  return createSecureContext({ ca: [...roots], minVersion: 'TLSv1.2' });
}

function isReset(error: Error): boolean {
  return ['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '');
}

const UNTRUSTED =
  /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/;

function describe(url: string, error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  const why = error.message || code || 'unknown reason';
  return code !== undefined && UNTRUSTED.test(code)
    ? `${url} could not be reached: its TLS certificate is not trusted (${why}); is FLEETCERT_ACME_CA_FILE right (of another CA: caFile in FLEETCERT_ACME_CAS)?`
    : `${url} could not be reached: ${why}`;
}
