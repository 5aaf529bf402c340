import { writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import type { Pebble } from '../support/pebble.js';
import { makeTlsPair } from '../support/tls-pair.js';

/** What the CA has done for one set of names. */
export interface CaTally {
  /** Orders that it made. */
  orders: number;
  /** CSRs that it took: a certificate each. */
  certificates: number;
}

/** Stands between the server and Pebble and counts what Pebble did, by the names of the order. */
export interface CountingProxy {
  readonly directoryUrl: string;
  readonly caFile: string;
  tally(name: string): CaTally;
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
  const tallies = new Map<string, CaTally>();
  const nameOfOrder = new Map<string, string>();
  let loseNext = false;

  const tally = (name: string): CaTally => {
    const known = tallies.get(name) ?? { orders: 0, certificates: 0 };
    tallies.set(name, known);
    return known;
  };
  /** @returns whether the answer is to be lost */
  const count = (path: string, body: string, answer: IncomingMessage): boolean => {
    if (answer.statusCode === 201 && path.startsWith('/order-plz')) {
      const { identifiers } = payloadOf(body) as { identifiers: { value: string }[] };
      const name = identifiers.map(({ value }) => value).join();
      tally(name).orders += 1;
      nameOfOrder.set(lastSegment(answer.headers.location ?? ''), name);
      const lose = loseNext;
      loseNext = false;
      return lose;
    }
    if (answer.statusCode === 200 && path.startsWith('/finalize-order/')) {
      tally(nameOfOrder.get(lastSegment(path)) ?? 'unknown').certificates += 1;
    }
    return false;
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
        if (count(path, body.toString(), answer)) incoming.socket.destroy();
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
    tally,
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

function payloadOf(jws: string): unknown {
  const { payload } = JSON.parse(jws) as { payload: string };
  return JSON.parse(Buffer.from(payload, 'base64url').toString());
}

function lastSegment(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}
