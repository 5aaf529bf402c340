import type { AddressInfo } from 'node:net';
import { createUDPServer, Packet } from 'dns2';

/** A DNS server on a free loopback port (UDP) that knows TXT records only: what a CA is pointed at in tests. */
export interface TxtServer {
  /** `address:port`. */
  readonly address: string;
  add(name: string, value: string): void;
  remove(name: string, value: string): void;
  /** Names that were asked for, lower case. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

export async function startTxtServer(): Promise<TxtServer> {
  const records = new Map<string, Set<string>>();
  const asked: string[] = [];
  const server = createUDPServer((request, send) => {
    const response = Packet.createResponseFromRequest(request);
    response.header.aa = 1;
    for (const question of request.questions) {
      const { type } = question;
      const name = question.name.toLowerCase();
      asked.push(name);
      for (const data of type === Packet.TYPE.TXT ? (records.get(name) ?? []) : []) {
        response.answers.push(Packet.createResourceFromQuestion(question, { ttl: 1, data }));
      }
    }
    // A CA that has gone away meanwhile is no fault of the test.
    send(response).catch(() => undefined);
  });
  await server.listen(0, '127.0.0.1');
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    asked,
    add: (name, value) => {
      records.set(name, (records.get(name) ?? new Set()).add(value));
    },
    remove: (name, value) => {
      records.get(name)?.delete(value);
    },
    stop: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
