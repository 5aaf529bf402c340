import { createSocket, type Socket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';

import { Packet } from 'dns2';

export type ScriptedRecord =
  | { readonly type: 'TXT'; readonly values: readonly string[] }
  | { readonly type: 'CAA'; readonly flags?: number; readonly tag: string; readonly value: string }
  | { readonly type: 'CNAME'; readonly target: string };

export interface SeenQuery {
  /** As it was spelled. */
  readonly name: string;
  readonly type: number;
  readonly transport: 'udp' | 'tcp';
  readonly ednsOctets: number | undefined;
  readonly recursionDesired: boolean;
}

/** What the server does wrong. */
export interface Faults {
  withoutSoa?: boolean;
  withoutAuthority?: boolean;
  lowerCaseQuestion?: boolean;
  truncateUdp?: boolean;
  /** Answers with this RCODE and nothing else. */
  code?: number;
  /** The first so many datagrams get no answer. */
  ignore?: number;
  /** Answers of somebody else come first. */
  forgeFirst?: boolean;
  /** These octets come instead of an answer, behind the right header and question. */
  garbage?: Buffer;
  /** TCP connections are closed without an answer. */
  closeTcp?: boolean;
}

/** A small authoritative server for one zone (and nothing else), on real sockets, that can be made to misbehave. */
export class ScriptedDns {
  readonly records = new Map<string, ScriptedRecord[]>();
  readonly queries: SeenQuery[] = [];
  faults: Faults = {};

  private constructor(
    private readonly zone: string,
    private readonly udp: Socket,
    private readonly tcp: Server,
    readonly address: { readonly address: string; readonly port: number },
  ) {}

  static async start(zone: string): Promise<ScriptedDns> {
    // The same port on both: TCP chooses one, UDP takes it, unless somebody else has it.
    for (let attempt = 0; ; attempt += 1) {
      const tcp = createServer();
      await new Promise<void>((resolve) => {
        tcp.listen(0, '127.0.0.1', resolve);
      });
      const { port } = tcp.address() as AddressInfo;
      const udp = createSocket('udp4');
      try {
        await new Promise<void>((resolve, reject) => {
          udp.once('error', reject);
          udp.bind(port, '127.0.0.1', resolve);
        });
      } catch (error) {
        tcp.close();
        if (attempt >= 5) throw error;
        continue;
      }
      const server = new ScriptedDns(zone, udp, tcp, { address: '127.0.0.1', port });
      server.#serve();
      return server;
    }
  }

  async stop(): Promise<void> {
    await Promise.all([
      new Promise<void>((resolve) => {
        this.udp.close(() => resolve());
      }),
      new Promise<void>((resolve) => {
        this.tcp.close(() => resolve());
      }),
    ]);
  }

  set(name: string, ...records: ScriptedRecord[]): void {
    this.records.set(name.toLowerCase(), records);
  }

  addTxt(name: string, value: string): void {
    const records = this.records.get(name.toLowerCase()) ?? [];
    this.records.set(name.toLowerCase(), [...records, { type: 'TXT', values: [value] }]);
  }

  removeTxt(name: string, value: string): void {
    const records = this.records.get(name.toLowerCase()) ?? [];
    const left = records.filter((record) => record.type !== 'TXT' || record.values[0] !== value);
    if (left.length > 0) this.records.set(name.toLowerCase(), left);
    else this.records.delete(name.toLowerCase());
  }

  #serve(): void {
    this.udp.on('message', (message, peer) => {
      for (const answer of this.#answers(message, 'udp')) this.udp.send(answer, peer.port, peer.address);
    });
    this.tcp.on('connection', (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        if (this.faults.closeTcp) {
          socket.end();
          return;
        }
        for (const answer of this.#answers(data.subarray(2), 'tcp')) {
          const length = Buffer.alloc(2);
          length.writeUInt16BE(answer.length);
          // In two pieces: a reader must not take the first for the whole.
          const framed = Buffer.concat([length, answer]);
          socket.write(framed.subarray(0, 7));
          setTimeout(() => socket.end(framed.subarray(7)), 5);
        }
      });
    });
  }

  #answers(message: Buffer, transport: 'udp' | 'tcp'): Buffer[] {
    const query = Packet.parse(message);
    const [question] = query.questions;
    if (!question) return [];
    this.queries.push({
      name: question.name,
      type: question.type,
      transport,
      ednsOctets: query.additionals.find((record) => record.type === Packet.TYPE.EDNS)?.class,
      recursionDesired: query.header.rd === 1,
    });
    const { ignore = 0, forgeFirst, garbage } = this.faults;
    if (transport === 'udp' && ignore > 0) {
      this.faults.ignore = ignore - 1;
      return [];
    }
    const answer = this.#answer(query, transport).toBuffer();
    if (garbage) return [Buffer.concat([answer.subarray(0, 12 + question.name.length + 6), garbage])];
    if (!forgeFirst) return [answer];
    const otherId = Buffer.from(answer);
    otherId.writeUInt16BE(answer.readUInt16BE(0) ^ 1, 0);
    const noResponse = Buffer.from(answer);
    noResponse[2] = (noResponse[2] ?? 0) & 0x7f;
    return [otherId, noResponse, Buffer.from('short'), answer];
  }

  #answer(query: Packet, transport: 'udp' | 'tcp'): Packet {
    const { faults } = this;
    const answer = Packet.createResponseFromRequest(query);
    const [question] = query.questions;
    if (!question) return answer;
    const name = question.name.toLowerCase();
    answer.additionals = [];
    if (faults.lowerCaseQuestion) answer.questions = [{ ...question, name } as typeof question];
    answer.header.aa = faults.withoutAuthority ? 0 : 1;
    if (faults.code !== undefined) {
      answer.header.rcode = faults.code;
      return answer;
    }
    if (name !== this.zone && !name.endsWith(`.${this.zone}`)) {
      answer.header.aa = 0;
      answer.header.rcode = Packet.RCODE.REFUSED;
      return answer;
    }
    if (faults.truncateUdp && transport === 'udp') {
      answer.header.tc = 1;
      return answer;
    }
    this.#addRecords(answer, name, question.type);
    const isNegative = answer.answers.every((record) => record.type !== question.type);
    if (isNegative && !faults.withoutSoa) answer.authorities.push(this.#soa());
    return answer;
  }

  #addRecords(answer: Packet, name: string, type: number, hops = 0): void {
    const records = this.records.get(name);
    const exists = records !== undefined || [...this.records.keys(), this.zone].some((key) => isBelow(key, name));
    if (!exists) answer.header.rcode = Packet.RCODE.NXDOMAIN;
    for (const record of records ?? []) {
      if (record.type === 'CNAME') {
        answer.answers.push(resource(name, Packet.TYPE.CNAME, { domain: record.target }));
        if (hops < 3 && isBelow(record.target, this.zone)) this.#addRecords(answer, record.target, type, hops + 1);
      } else if (record.type === 'TXT' && type === Packet.TYPE.TXT) {
        answer.answers.push(resource(name, type, { data: [...record.values] }));
      } else if (record.type === 'CAA' && type === Packet.TYPE.CAA) {
        answer.answers.push(resource(name, type, { flags: record.flags ?? 0, tag: record.tag, value: record.value }));
      }
    }
  }

  #soa(): ReturnType<typeof resource> {
    return resource(this.zone, Packet.TYPE.SOA, {
      primary: `ns.${this.zone}`,
      admin: `admin.${this.zone}`,
      serial: 1,
      refresh: 1,
      retry: 1,
      expiration: 1,
      minimum: 1,
    });
  }
}

function isBelow(name: string, ancestor: string): boolean {
  return name === ancestor || name.endsWith(`.${ancestor}`);
}

type Resource = Packet['answers'][number];

function resource(name: string, type: number, data: Partial<Resource>): Resource {
  return new Packet.Resource({ name, type, class: Packet.CLASS.IN, ttl: 1, ...data });
}
