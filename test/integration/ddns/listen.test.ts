import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

import { describe, expect, it } from 'vitest';

import { AnswerEngine } from '../../../src/ddns/answering/answer-engine.js';
import { DnsCounters } from '../../../src/ddns/listeners/dns-counters.js';
import { DnsListeners } from '../../../src/ddns/listeners/dns-listeners.js';
import { MessagePipeline } from '../../../src/ddns/listeners/message-pipeline.js';
import { freePort } from '../../support/free-port.js';
import { aZone, zoneSet } from './a-zone.js';
import { aQuery } from './a-query.js';
import { describeAnswer, exchangeUdp } from './ask.js';
import { exchangeTcp } from './tcp-client.js';

function open(...addresses: { address: string; port: number }[]): Promise<DnsListeners> {
  const counters = new DnsCounters();
  const engine = new AnswerEngine(zoneSet(aZone('dev1 60 A 10.0.0.1')));
  return DnsListeners.open(addresses, new MessagePipeline({ engine, counters }), { counters });
}

describe('the listeners', () => {
  it('bind UDP and TCP on every address, IPv6 for itself', async () => {
    const port = await freePort();
    const listeners = await open({ address: '0.0.0.0', port }, { address: '::', port });
    expect(listeners.bound).toEqual([
      { address: '0.0.0.0', port },
      { address: '::', port },
    ]);
    expect(describeAnswer(await exchangeUdp(port, aQuery())).rcode).toBe('NOERROR');
    expect(describeAnswer(await exchangeTcp(port, aQuery())).rcode).toBe('NOERROR');
    await listeners.close();
  });

  it('name the address and port whose UDP is taken', async () => {
    const taken = createSocket('udp4');
    taken.bind(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address();
    await expect(open({ address: '127.0.0.1', port })).rejects.toThrow(
      `DNS cannot listen on 127.0.0.1:${port} (UDP): another program listens there [EADDRINUSE].`,
    );
    taken.close();
  });

  it('name the address and port whose TCP is taken, and keep nothing bound', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const other = await freePort();
    await expect(open({ address: '127.0.0.1', port: other }, { address: '127.0.0.1', port })).rejects.toThrow(
      `127.0.0.1:${port} (TCP): another program listens there`,
    );
    taken.close();
    const again = await open({ address: '127.0.0.1', port: other });
    await again.close();
  });

  it('name an address that this machine does not have', async () => {
    await expect(open({ address: '192.0.2.1', port: 5300 })).rejects.toThrow(
      'DNS cannot listen on 192.0.2.1:5300 (UDP): this machine does not have that address',
    );
  });
});
