import { createSocket } from 'node:dgram';
import { Packet } from 'dns2';

import { TYPE, typeName, typeNumber } from '../../../src/ddns/domain/rr-type.js';

export interface Answer {
  readonly rcode: string;
  /** AA, TC, RD, RA, AD, CD that are set. */
  readonly flags: string[];
  readonly answers: string[];
  readonly authority: string[];
  readonly additional: string[];
  readonly octets: number;
  readonly message: Buffer;
}

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

/** Asks a loopback DNS port by UDP with dns2, which is another implementation than ours. */
export async function ask(port: number, name: string, type: string): Promise<Answer> {
  const packet = new Packet();
  packet.header = new Packet.Header({ id: Packet.uuid() });
  packet.questions.push(new Packet.Question(name, typeNumber(type), 1));
  return describeAnswer(await exchangeUdp(port, packet.toBuffer()));
}

export async function exchangeUdp(port: number, message: Buffer, timeoutMilliseconds = 2000): Promise<Buffer> {
  const socket = createSocket('udp4');
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer')), timeoutMilliseconds);
      socket.on('message', (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      socket.send(message, port, '127.0.0.1');
    });
  } finally {
    socket.close();
  }
}

export function describeAnswer(message: Buffer): Answer {
  const packet = Packet.parse(message);
  if (packet.errors.length > 0) throw packet.errors[0];
  const flags = message.readUInt16BE(2);
  return {
    rcode: RCODES[packet.header.rcode & 15] ?? String(packet.header.rcode),
    flags: [
      [0x0400, 'AA'],
      [0x0200, 'TC'],
      [0x0100, 'RD'],
      [0x0080, 'RA'],
      [0x0020, 'AD'],
      [0x0010, 'CD'],
    ].flatMap(([bit, flag]) => ((flags & Number(bit)) !== 0 ? [String(flag)] : [])),
    answers: presentRecords(packet.answers),
    authority: presentRecords(packet.authorities),
    additional: presentRecords(packet.additionals),
    octets: message.length,
    message,
  };
}

/** All but OPT. */
function presentRecords(records: Packet['answers']): string[] {
  return records.filter((record) => record.type !== TYPE.OPT).map(presentRecord);
}

function presentRecord(record: Packet['answers'][number]): string {
  const data =
    record.address ??
    record.ns ??
    record.domain ??
    (record.primary !== undefined
      ? `${record.primary}. ${record.admin}. ${record.serial} ${record.minimum}`
      : Array.isArray(record.data)
        ? record.data.map((part) => JSON.stringify(part)).join(' ')
        : record.exchange !== undefined
          ? `${record.priority} ${record.exchange}.`
          : `${record.flags} ${record.tag} ${JSON.stringify(record.value)}`);
  const isName = record.ns !== undefined || record.domain !== undefined;
  return `${record.name}. ${record.ttl} IN ${typeName(record.type)} ${data}${isName ? '.' : ''}`;
}
