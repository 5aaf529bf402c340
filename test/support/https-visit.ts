import { X509Certificate } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request, type RequestOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';

/** What a visitor saw. */
export interface HttpsAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Of the certificate that the server presented: lower-case hex without leading zeros. */
  readonly serial: string;
  /** `AB:CD:…`, SHA-256. */
  readonly fingerprint: string;
  /** By the roots that were given, and for the name. */
  readonly isTrusted: boolean;
  readonly protocol: string | null;
}

export interface VisitOptions extends RequestOptions {
  readonly body?: string;
}

/** Asks a server on 127.0.0.1 by a name, on a connection of its own unless an agent is given. Takes any certificate. */
export function visit(port: number, servername: string, options: VisitOptions = {}): Promise<HttpsAnswer> {
  return new Promise((resolve, reject) => {
    const { headers, body: sent, ...others } = options;
    const call = request(
      {
        host: '127.0.0.1',
        port,
        servername,
        agent: false,
        rejectUnauthorized: false,
        ...others,
        headers: { host: `${servername}:${port}`, ...(headers as Record<string, string> | undefined) },
      },
      (response) => {
        const socket = response.socket as TLSSocket;
        const { raw } = socket.getPeerCertificate();
        const protocol = socket.getProtocol();
        const isTrusted = socket.authorized;
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.once('end', () => {
          const { serialNumber, fingerprint256 } = new X509Certificate(raw);
          const seen = {
            serial: serialNumber.toLowerCase().replace(/^0+/, ''),
            fingerprint: fingerprint256,
            isTrusted,
            protocol,
          };
          resolve({ status: response.statusCode!, headers: response.headers, body, ...seen });
        });
        response.once('error', reject);
      },
    );
    call.once('error', reject);
    call.end(sent);
  });
}

/** Keeps one connection for all its requests. */
export function oneConnection(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
}
