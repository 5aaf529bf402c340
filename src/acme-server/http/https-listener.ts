import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpsListenerOptions {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly key: string;
  readonly cert: string;
}

const MAX_CONNECTIONS = 2000;
const HEADER_SECONDS = 10;
const REQUEST_SECONDS = 30;
const KEEP_ALIVE_SECONDS = 30;
const GRACE_SECONDS = 5;

/** node:https with bounds on everything that a client can make large or slow. */
export class HttpsListener {
  readonly #server: Server;
  readonly #options: HttpsListenerOptions;

  constructor(
    options: HttpsListenerOptions,
    handler: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  ) {
    this.#options = options;
    this.#server = createServer(
      {
        key: options.key,
        cert: options.cert,
        minVersion: 'TLSv1.2',
        maxHeaderSize: 16_384,
        headersTimeout: HEADER_SECONDS * 1000,
        requestTimeout: REQUEST_SECONDS * 1000,
        keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
        handshakeTimeout: HEADER_SECONDS * 1000,
        connectionsCheckingInterval: 5000,
      },
      (request, response) => void handler(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      else socket.destroy();
    });
  }

  /** Resolves with the port once connections are accepted; rejects when the address cannot be had. */
  listen(): Promise<number> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: this.#options.address, port: this.#options.port }, () => {
        server.off('error', reject);
        // Running out of file handles must not end the process.
        server.on('error', () => undefined);
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  /** New connections get this certificate. */
  setCertificate(certificate: { readonly key: string; readonly cert: string }): void {
    this.#server.setSecureContext({ ...certificate, minVersion: 'TLSv1.2' });
  }

  /** Lets running requests end; connections that are open after a few seconds are cut. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.#server.closeAllConnections(), GRACE_SECONDS * 1000);
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
    clearTimeout(timer);
  }
}
