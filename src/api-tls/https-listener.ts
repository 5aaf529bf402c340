import { createServer, type Server } from 'node:https';
import type { RequestListener } from 'node:http';

import { type BeforeApplicationShutdown, Inject, Injectable, Logger } from '@nestjs/common';

import { APP_CONFIG, type AppConfig, type ListenAddress } from '../platform/config/app-config.js';
import { hostPort } from '../platform/config/read-config.js';
import { ApiAddress } from './api-address.js';
import { ApiCertificate, type PresentedCertificate } from './api-certificate.js';

/** Running requests get so long to end when the server stops. */
const GRACE_SECONDS = 8;
/** A client that opens a connection and says nothing. */
const HANDSHAKE_SECONDS = 15;
/** A year, for this name alone: the names below it are devices, which decide for themselves. */
const HSTS = 'max-age=31536000';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this process may not bind that port (ports below 1024 need root or CAP_NET_BIND_SERVICE)',
  EADDRNOTAVAIL: 'this machine does not have that address',
};

/** The API over TLS of its own, beside the plain listener. A new certificate takes its place without a restart. */
@Injectable()
export class HttpsListener implements BeforeApplicationShutdown {
  private readonly logger = new Logger(HttpsListener.name);
  #server: Server | undefined;

  constructor(
    private readonly certificate: ApiCertificate,
    private readonly addresses: ApiAddress,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** Where it listens; undefined while it does not. */
  get address(): ListenAddress | undefined {
    const address = this.#server?.address();
    return address && typeof address === 'object' ? { address: address.address, port: address.port } : undefined;
  }

  /**
   * Listens, when FLEETCERT_HTTPS_LISTEN is set, and has `handler` answer.
   * @returns lines for who has started the server: what it presents, and how devices trust that
   * @throws Error whose sentence names the variable
   */
  async listen(handler: RequestListener): Promise<readonly string[]> {
    await this.certificate.retireOthers();
    const { httpsListen } = this.config.http;
    if (httpsListen === undefined) return [];
    const first = await this.certificate.open((presented) => this.#present(presented));
    const server = createServer(
      { ...contextOf(first), minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_SECONDS * 1000 },
      (request, response) => {
        // Not for a certificate that browsers do not take: it would lock their users out.
        if (this.certificate.presented?.isIssued) response.setHeader('Strict-Transport-Security', HSTS);
        handler(request, response);
      },
    );
    server.on('tlsClientError', (error) => this.logger.debug({ err: error }, 'a TLS handshake failed'));
    await bind(server, httpsListen);
    server.on('error', (error) => this.logger.error({ err: error }, 'the HTTPS listener has failed'));
    this.#server = server;
    // What has changed between the first look and now.
    this.#present(this.certificate.presented ?? first);
    const { host } = this.certificate.apiName;
    const { isIssued, fingerprint, pin, notAfter } = first;
    this.logger.log(
      { host, fingerprint, pin, notAfter, isIssued },
      `the API listens on https://${hostPort(httpsListen)}`,
    );
    void this.certificate.round();
    return this.#introduction(first, httpsListen);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.certificate.close();
    const server = this.#server;
    if (!server) return;
    const timer = setTimeout(() => server.closeAllConnections(), GRACE_SECONDS * 1000);
    await new Promise((resolve) => server.close(resolve));
    clearTimeout(timer);
    this.#server = undefined;
  }

  /** Connections that are open keep what they have; new ones see this. */
  #present(presented: PresentedCertificate): void {
    this.#server?.setSecureContext(contextOf(presented));
  }

  #introduction({ isIssued, fingerprint, pin, notAfter }: PresentedCertificate, listen: ListenAddress): string[] {
    const { apiName, hindrance } = this.certificate;
    const { host } = apiName;
    const addressHint = this.addresses.hint(apiName);
    const { publicUrl } = this.config.http;
    const what = `HTTPS on https://${hostPort(listen)} for ${host}, with a`;
    const server = publicUrl.startsWith('https:') ? publicUrl : `https://${hostPort({ ...listen, address: host })}`;
    return [
      ...(hindrance === undefined ? [] : [`FLEETCERT_HTTPS_LISTEN: ${hindrance}.`]),
      ...(isIssued
        ? [`${what} certificate that is valid until ${notAfter.toISOString()}`]
        : [
            `${what} self-signed certificate${hindrance === undefined ? ' until its own is issued' : ''}`,
            `  its SHA-256 fingerprint: ${fingerprint}`,
          ]),
      `  devices can pin its key: fleetcert-agent enroll --server ${server} --pin ${pin}`,
      ...(addressHint === undefined ? [] : [addressHint]),
    ];
  }
}

function contextOf({ keyPem, chainPem }: PresentedCertificate): { key: string; cert: string; minVersion: 'TLSv1.2' } {
  return { key: keyPem, cert: chainPem, minVersion: 'TLSv1.2' };
}

async function bind(server: Server, where: ListenAddress): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(where.port, where.address, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    throw new Error(`FLEETCERT_HTTPS_LISTEN: cannot listen on ${hostPort(where)}: ${REASONS[code] ?? message}.`, {
      cause,
    });
  }
}
