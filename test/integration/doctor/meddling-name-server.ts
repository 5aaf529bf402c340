import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';

import { Packet } from 'dns2';

import type { ListenAddress } from '../../../src/platform/config/app-config.js';
import { exchangeTcp, exchangeUdp } from '../../../src/ddns/wire/dns-transport.js';

export type Transport = 'udp' | 'tcp';

/** The answer's octets; undefined: silence. */
export type Answerer = (query: Buffer, transport: Transport) => Promise<Buffer | undefined> | Buffer | undefined;

export interface MeddlingNameServer extends ListenAddress {
  stop(): Promise<void>;
}

/** A name server on UDP and TCP that answers whatever it is told to. */
export async function startNameServer(listen: ListenAddress, answer: Answerer): Promise<MeddlingNameServer> {
  const udp = createSocket('udp4');
  const tcp = createServer();
  const clients = new Set<Socket>();
  tcp.on('connection', (socket) => {
    clients.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => clients.delete(socket));
    socket.once('data', (data: Buffer) => {
      void (async () => {
        const octets = await answer(data.subarray(2), 'tcp');
        if (!octets) return socket.destroy();
        const length = Buffer.alloc(2);
        length.writeUInt16BE(octets.length);
        return socket.end(Buffer.concat([length, octets]));
      })();
    });
  });
  udp.on('message', (query, peer) => {
    void (async () => {
      const octets = await answer(query, 'udp');
      if (octets) udp.send(octets, peer.port, peer.address);
    })();
  });
  await new Promise<void>((resolve, reject) => tcp.once('error', reject).listen(listen.port, listen.address, resolve));
  const { port } = tcp.address() as ListenAddress;
  await new Promise<void>((resolve, reject) => udp.once('error', reject).bind(port, listen.address, resolve));
  return {
    address: listen.address,
    port,
    stop: async () => {
      for (const client of clients) client.destroy();
      await Promise.all([
        new Promise<void>((resolve) => void udp.close(() => resolve())),
        new Promise((resolve) => void tcp.close(resolve)),
      ]);
    },
  };
}

/** Answers what another server answers, changed on the way. */
export function meddlingWith(
  server: ListenAddress,
  change: (answer: Buffer, query: Buffer) => Buffer | undefined = (answer) => answer,
): Answerer {
  return async (message, transport) => {
    const exchange = transport === 'udp' ? exchangeUdp : exchangeTcp;
    const query = { message, question: message.subarray(12) };
    const answer = await exchange(server, query, 2000, () => 'answer').catch(() => undefined);
    return answer && change(Buffer.from(answer), message);
  };
}

/** The header and question of an answer without any record. */
export function withoutRecords(answer: Buffer): Buffer {
  let end = 12;
  while (answer[end] !== 0) end += 1 + answer[end]!;
  const bare = Buffer.from(answer.subarray(0, end + 5));
  bare.fill(0, 6, 12);
  return bare;
}

export function withRcode(answer: Buffer, rcode: number): Buffer {
  const changed = withoutRecords(answer);
  changed[3] = (changed[3]! & 0xf0) | rcode;
  return changed;
}

/** The type that a query asks for. */
export function typeAsked(query: Buffer): number {
  let end = 12;
  while (query[end] !== 0) end += 1 + query[end]!;
  return query.readUInt16BE(end + 1);
}

/** A parent's name server: refers to these name servers with this glue, and knows nothing else. */
export function parentThatRefers(
  zone: string,
  nameServers: readonly string[],
  glue: Readonly<Record<string, string>>,
): Answerer {
  return (message) => {
    const response = Packet.createResponseFromRequest(Packet.parse(message));
    const resource = (name: string, type: number, data: object): Packet['answers'][number] =>
      Object.assign(new Packet.Resource(name, type, Packet.CLASS.IN, 3600), data);
    for (const ns of nameServers) response.authorities.push(resource(zone, Packet.TYPE.NS, { ns }));
    for (const [name, address] of Object.entries(glue)) {
      response.additionals.push(resource(name, Packet.TYPE.A, { address }));
    }
    return response.toBuffer();
  };
}
