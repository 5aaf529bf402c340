import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

import { Packet } from 'dns2';

import type { ListenAddress } from '../../platform/config/app-config.js';

/** No answer, or none that can be read. The message says which. */
export class DnsClientError extends Error {
  override readonly name = 'DnsClientError';
}

export interface DnsQuestion {
  /** In presentation format. */
  readonly name: string;
  readonly type: number;
}

const EDNS_UDP_OCTETS = 1232;
const PREFIX_OCTETS = 2;

/**
 * Asks one server, by UDP and, when the answer is truncated, by TCP. dns2 is the codec.
 * @throws DnsClientError after `timeoutMilliseconds` for each of the two, or on an answer that cannot be read.
 */
export async function askServer(
  server: ListenAddress,
  question: DnsQuestion,
  timeoutMilliseconds: number,
): Promise<Packet> {
  const query = packQuery(question);
  const answer = parseAnswer(query, await askUdp(server, query, timeoutMilliseconds));
  return answer.header.tc ? parseAnswer(query, await askTcp(server, query, timeoutMilliseconds)) : answer;
}

function packQuery({ name, type }: DnsQuestion): Buffer {
  const packet = new Packet();
  packet.header = new Packet.Header({ id: Packet.uuid() });
  packet.questions.push(new Packet.Question(name, type, Packet.CLASS.IN));
  packet.additionals.push(Packet.Resource.EDNS([], { udpPayloadSize: EDNS_UDP_OCTETS }));
  return packet.toBuffer();
}

function parseAnswer(query: Buffer, message: Buffer): Packet {
  try {
    const packet = Packet.parse(message);
    if (packet.header.id === query.readUInt16BE(0) && packet.header.qr && packet.errors.length === 0) return packet;
  } catch (error) {
    throw new DnsClientError('the answer cannot be read', { cause: error });
  }
  throw new DnsClientError('the answer is not one to the question');
}

function askUdp(server: ListenAddress, query: Buffer, timeoutMilliseconds: number): Promise<Buffer> {
  return new Promise<Buffer>((resolve, reject) => {
    const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4');
    const timer = setTimeout(() => finish(new DnsClientError('no answer by UDP')), timeoutMilliseconds);
    let isDone = false;
    const finish = (result: Buffer | Error): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      socket.close();
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    socket.on('error', (error) => finish(unreachable('UDP', error)));
    // Connected: only the server's own datagrams come in, and a refusal by ICMP is an error at once.
    socket.connect(server.port, server.address, () => {
      socket.on('message', (message) => {
        if (message.length >= PREFIX_OCTETS && message.readUInt16BE(0) === query.readUInt16BE(0)) finish(message);
      });
      socket.send(query, (error) => error && finish(unreachable('UDP', error)));
    });
  });
}

function askTcp(server: ListenAddress, query: Buffer, timeoutMilliseconds: number): Promise<Buffer> {
  return new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host: server.address, port: server.port, timeout: timeoutMilliseconds });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    const prefix = Buffer.alloc(PREFIX_OCTETS);
    prefix.writeUInt16BE(query.length);
    socket.on('connect', () => socket.write(Buffer.concat([prefix, query])));
    socket.on('timeout', () => fail(new DnsClientError('no answer by TCP')));
    socket.on('error', (error) => fail(unreachable('TCP', error)));
    socket.on('close', () => fail(new DnsClientError('the TCP connection was closed without an answer')));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      const octets = Buffer.concat(chunks);
      const end = octets.length < PREFIX_OCTETS ? Infinity : PREFIX_OCTETS + octets.readUInt16BE(0);
      if (octets.length < end) return;
      resolve(octets.subarray(PREFIX_OCTETS, end));
      socket.destroy();
    });
  });
}

function unreachable(transport: string, error: Error): DnsClientError {
  return new DnsClientError(`no answer by ${transport}: ${error.message}`, { cause: error });
}
