import { EventEmitter } from 'node:events';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { aQuery } from '../../../test/integration/ddns/a-query.js';
import { aZone, zoneSet } from '../../../test/integration/ddns/a-zone.js';
import { AnswerEngine } from '../answering/answer-engine.js';
import { DnsCounters } from './dns-counters.js';
import { MessagePipeline } from './message-pipeline.js';

type SendCallback = (error: Error | null) => void;

/** A socket whose kernel does what the test says. */
class FakeSocket extends EventEmitter {
  sent: { octets: Buffer; port: number }[] = [];
  queued = 0;
  failure: Error | null = null;
  throws = false;

  bind(_address: unknown, bound: () => void): void {
    bound();
  }
  setRecvBufferSize(): void {
    throw new Error('not allowed');
  }
  getSendQueueCount(): number {
    return this.queued;
  }
  send(octets: Buffer, offset: number, length: number, port: number, _address: string, callback: SendCallback): void {
    if (this.throws) throw new Error('not running');
    this.sent.push({ octets: octets.subarray(offset, offset + length), port });
    callback(this.failure);
  }
}

let socket: FakeSocket;
vi.mock('node:dgram', () => ({ createSocket: () => socket }));

const { UdpListener } = await import('./udp-listener.js');

describe('a UDP listener', () => {
  let counters: DnsCounters;
  beforeEach(async () => {
    socket = new FakeSocket();
    counters = new DnsCounters();
    const engine = new AnswerEngine(zoneSet(aZone('dev1 60 A 10.0.0.1\ndev2 60 A 10.0.0.2')));
    const pipeline = new MessagePipeline({ engine, counters });
    await UdpListener.open({ address: '127.0.0.1', port: 53 }, pipeline, counters);
  });
  afterEach(() => vi.clearAllMocks());

  const receive = (message: Buffer, port: number): boolean =>
    socket.emit('message', message, { address: '127.0.0.2', port });

  it('is silent to a query from port 0, to which nothing can be sent', () => {
    receive(aQuery(), 0);
    expect(socket.sent).toHaveLength(0);
    expect(counters.silenced).toBe(1);
    receive(aQuery(), 4711);
    expect(socket.sent).toMatchObject([{ port: 4711 }]);
  });

  it('counts answers that cannot be sent, and goes on', () => {
    socket.failure = new Error('EPERM');
    receive(aQuery(), 1);
    socket.throws = true;
    receive(aQuery(), 1);
    expect(counters.sendErrors).toBe(2);
    socket.throws = false;
    socket.failure = null;
    receive(aQuery(), 1);
    expect(counters.sendErrors).toBe(2);
  });

  it('survives an error of the socket itself', () => {
    socket.emit('error', new Error('ENETDOWN'));
    expect(counters.sendErrors).toBe(1);
  });

  it('leaves the octets alone that the kernel has not taken yet', () => {
    socket.queued = 1;
    receive(aQuery({ name: 'dev1.fleet.test', id: 1 }), 1);
    const first = Buffer.from(socket.sent[0]!.octets);
    receive(aQuery({ name: 'dev2.fleet.test', id: 2 }), 1);
    expect(socket.sent[0]!.octets).toEqual(first);
    expect(socket.sent[1]!.octets.readUInt16BE(0)).toBe(2);
  });
});
