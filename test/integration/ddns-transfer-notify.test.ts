import { createSocket, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { mustWireName } from '../../src/ddns/domain/name.js';
import { TYPE } from '../../src/ddns/domain/rr-type.js';
import { parseSoa } from '../../src/ddns/domain/soa.js';
import { SecondaryGate } from '../../src/ddns/notify/secondary-gate.js';
import { Secondaries } from '../../src/ddns/transfer/secondaries.js';
import { TsigKeys } from '../../src/ddns/transfer/tsig-keys.js';
import { OPCODE, RCODE } from '../../src/ddns/wire/message-codes.js';
import { encodeMessage } from '../../src/ddns/wire/rr-encoder.js';
import { readMessage, type WireMessage } from '../../src/ddns/wire/rr-reader.js';
import { verifyTsigRequest } from '../../src/ddns/wire/tsig.js';
import { tsigKey } from '../../src/ddns/wire/tsig-key.js';
import { withDatabase } from '../support/database.js';
import { type DdnsServer, NO_WRITE, startDdns, ZONE } from './ddns/ddns-server.js';

const APEX = mustWireName(ZONE);
const database = withDatabase();
let server: DdnsServer;

beforeAll(async () => {
  server = await startDdns(database.url);
});
afterAll(() => server.stop());

function change(label: string): Promise<void> {
  const name = `${label}.${ZONE}`;
  return server.names.publish(
    { deviceId: label, name, zone: ZONE, wildcard: false, addresses: ['10.0.0.1'] },
    NO_WRITE,
  );
}

const serial = (): number => server.served.zone(ZONE)!.serial!;

const now = (): number => Math.floor(Date.now() / 1000);

/** A secondary that only listens: it notes each NOTIFY and answers as it is told, or not at all. */
class Listener {
  readonly received: { readonly octets: Buffer; readonly message: WireMessage; readonly at: number }[] = [];
  /** The RCODE of the answer to the NOTIFY of this number, from 0; undefined: none. */
  rcodeOf: (count: number) => number | undefined = () => RCODE.NOERROR;
  /** Changes an answer before it is sent. */
  twist: (answer: Buffer) => Buffer = (answer) => answer;

  private constructor(private readonly socket: Socket) {}

  static async open(): Promise<Listener> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const listener = new Listener(socket);
    socket.on('message', (octets, from) => {
      const message = readMessage(octets);
      const rcode = listener.rcodeOf(listener.received.length);
      listener.received.push({ octets, message, at: performance.now() });
      if (rcode === undefined) return;
      const { id, questions } = message;
      const answer = encodeMessage({ id, flags: 0x8000 | (OPCODE.NOTIFY << 11) | rcode, questions });
      socket.send(listener.twist(answer), from.port, from.address);
    });
    return listener;
  }

  get port(): number {
    return (this.socket.address() as AddressInfo).port;
  }

  close(): void {
    this.socket.close();
  }
}

interface SecondaryOptions {
  readonly tsigKey?: string;
  /** Before the secondary is known, and with that before the first NOTIFY. */
  readonly prepare?: (listener: Listener) => void;
}

async function asSecondary(
  body: (listener: Listener) => Promise<void>,
  { tsigKey, prepare }: SecondaryOptions = {},
): Promise<void> {
  const listener = await Listener.open();
  prepare?.(listener);
  const wanted = { zone: ZONE, address: '127.0.0.1', port: listener.port };
  const { id } = await server.get(Secondaries).create({ ...wanted, ...(tsigKey !== undefined && { tsigKey }) });
  try {
    await body(listener);
  } finally {
    await server.get(Secondaries).delete(ZONE, id);
    listener.close();
  }
}

describe('NOTIFY', () => {
  it('is sent to a new secondary, and at each change, with the new SOA', async () => {
    await asSecondary(async (listener) => {
      await expect.poll(() => listener.received.length).toBe(1);
      await change('a');
      await expect.poll(() => listener.received.length).toBe(2);
      const { message } = listener.received[1]!;
      expect(message).toMatchObject({
        flags: (OPCODE.NOTIFY << 11) | 0x0400,
        questions: [{ name: APEX, type: TYPE.SOA, class: 1 }],
        answers: [{ name: APEX, type: TYPE.SOA, class: 1 }],
      });
      expect(parseSoa(message.answers[0]!.rdata).serial).toBe(serial());
    });
  });

  it('is not repeated once it is acknowledged', async () => {
    await asSecondary(async (listener) => {
      await expect.poll(() => listener.received.length).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(listener.received).toHaveLength(1);
    });
  });

  it('is repeated until it is acknowledged, more and more slowly', async () => {
    await asSecondary(
      async (listener) => {
        await expect.poll(() => listener.received.length, { timeout: 10_000 }).toBe(3);
        const [first, second, third] = listener.received.map(({ at }) => at);
        expect(second! - first!).toBeGreaterThan(900);
        expect(third! - second!).toBeGreaterThan(1900);
      },
      { prepare: (listener) => (listener.rcodeOf = (count) => (count < 2 ? RCODE.REFUSED : RCODE.NOERROR)) },
    );
  });

  it('tells many changes together', async () => {
    await asSecondary(async (listener) => {
      await expect.poll(() => listener.received.length).toBe(1);
      for (let index = 0; index < 20; index += 1) await change(`many${index}`);
      await expect.poll(() => parseSoa(listener.received.at(-1)!.message.answers[0]!.rdata).serial).toBe(serial());
      expect(listener.received.length).toBeLessThan(15);
    });
  });

  it('is signed for a secondary with a key, and only a signed answer acknowledges it', async () => {
    const made = await server
      .get(TsigKeys)
      .createForTransfer({ zone: ZONE, name: 'notify.example', algorithm: 'hmac-sha384' });
    const key = tsigKey(mustWireName(made.name), 'hmac-sha384', Buffer.from(made.secret, 'base64'));
    const prepare = (listener: Listener): void => {
      listener.twist = (answer) => {
        const { length, [length - 1]: last } = listener.received;
        const verdict = verifyTsigRequest(last!.octets, () => key, now());
        // The first answer is not signed: somebody else's, perhaps.
        if (verdict.kind !== 'verified' || length === 1) return answer;
        return verdict.answerer.sign(answer, now());
      };
    };
    await asSecondary(
      async (listener) => {
        await expect.poll(() => listener.received.length, { timeout: 10_000 }).toBe(2);
        expect(verifyTsigRequest(listener.received[0]!.octets, () => key, now()).kind).toBe('verified');
        await new Promise((resolve) => setTimeout(resolve, 2500));
        expect(listener.received).toHaveLength(2);
      },
      { tsigKey: made.name, prepare },
    );
  });

  it.each([
    ['another id', (answer: Buffer) => Buffer.concat([Buffer.of(answer[0]! ^ 1), answer.subarray(1)])],
    ['a query', (answer: Buffer) => Buffer.concat([answer.subarray(0, 2), Buffer.of(0x20), answer.subarray(3)])],
    ['octets behind it', (answer: Buffer) => Buffer.concat([answer, Buffer.of(0)])],
    ['three octets', () => Buffer.of(1, 2, 3)],
  ])('is not acknowledged by %s', async (_, twist) => {
    await asSecondary((listener) => expect.poll(() => listener.received.length, { timeout: 10_000 }).toBe(2), {
      prepare: (listener) => (listener.twist = (answer) => (listener.received.length === 1 ? twist(answer) : answer)),
    });
  });
});

describe('waiting for secondaries', () => {
  it('takes no time where there are none', async () => {
    expect(await server.get(SecondaryGate).waitForSerial(ZONE, serial(), 1000)).toEqual([]);
  });

  it('names those that do not answer when the time is over', async () => {
    await asSecondary(async (listener) => {
      const start = performance.now();
      const lagging = await server.get(SecondaryGate).waitForSerial(ZONE, serial(), 500);
      expect(lagging).toEqual([{ address: '127.0.0.1', port: listener.port }]);
      expect(performance.now() - start).toBeLessThan(5000);
    });
  });
});
