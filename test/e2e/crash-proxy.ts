import { writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import type { Pebble } from '../support/pebble.js';
import { makeTlsPair } from '../support/tls-pair.js';

/** Stands between the server and Pebble and counts what Pebble did. */
export interface CountingProxy {
  readonly directoryUrl: string;
  readonly caFile: string;
  /** Orders that it made, and CSRs that it took: a certificate each. */
  counts(): { readonly orders: number; readonly certificates: number };
  /** The answer to the next newOrder is lost on its way: Pebble has made the order, the server does not hear of it. */
  loseNextOrderAnswer(): void;
  close(): Promise<void>;
}

/** Pebble makes its URLs from the Host header, so that all of the protocol goes through here. */
export async function startCountingProxy(pebble: Pebble, folder: string): Promise<CountingProxy> {
  const pair = await makeTlsPair();
  const caFile = join(folder, 'proxy-ca.pem');
  await writeFile(caFile, pair.caPem);
  const upstream = new URL(pebble.directoryUrl);
  let [orders, certificates, loseNext] = [0, 0, false];

  /** @returns whether the answer is to be lost */
  const count = (path: string, status: number | undefined): boolean => {
    if (status === 200 && path.startsWith('/finalize-order/')) certificates += 1;
    if (status !== 201 || !path.startsWith('/order-plz')) return false;
    orders += 1;
    const lose = loseNext;
    loseNext = false;
    return lose;
  };

  const server = createServer({ key: pair.privateKeyPem, cert: pair.certificatePem }, (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const { method, headers, url: path = '/' } = incoming;
      const forwarded = request({
        host: upstream.hostname,
        port: upstream.port,
        path,
        method,
        headers,
        ca: pebble.caPem,
      });
      forwarded.on('response', (answer) => {
        if (count(path, answer.statusCode)) incoming.socket.destroy();
        else pass(answer, outgoing);
      });
      forwarded.on('error', () => incoming.socket.destroy());
      forwarded.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    directoryUrl: `https://127.0.0.1:${port}${upstream.pathname}`,
    caFile,
    counts: () => ({ orders, certificates }),
    loseNextOrderAnswer: () => {
      loseNext = true;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pass(answer: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.pipe(outgoing);
}
