import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';

import { describe, expect, it } from 'vitest';

import { DnsProbe } from '../../../src/ddns/doctor/dns-probe.js';
import { askServer, DnsClientError } from '../../../src/ddns/wire/dns-client.js';
import { freePort } from '../../support/free-port.js';

const QUESTION = { name: 'fleet.test', type: 6 };
/** No datagram may be sent there without SO_BROADCAST: connect fails at once, as it does without a route. */
const NO_WAY = { address: '255.255.255.255', port: 53 };

describe('asking a server', () => {
  it('fails, and harms nothing, where there is no way', async () => {
    await expect(askServer(NO_WAY, QUESTION, 1000)).rejects.toThrow(DnsClientError);
    expect(await new DnsProbe(300).ask(NO_WAY, QUESTION)).toMatchObject({ kind: 'silence' });
  });

  it('fails at once at a closed port, and says so', async () => {
    const closed = { address: '127.0.0.1', port: await freePort() };
    await expect(askServer(closed, QUESTION, 60_000)).rejects.toThrow('no answer by UDP');
    expect(await new DnsProbe(60_000).ask(closed, QUESTION)).toMatchObject({
      kind: 'silence',
      reason: 'the port is closed (connection refused)',
    });
  });

  it('passes over answers to other questions, and fails on one that cannot be read', async () => {
    const socket = createSocket('udp4');
    socket.on('message', (query, { port, address }) => {
      const stranger = Buffer.from(query);
      stranger.writeUInt16BE(query.readUInt16BE(0) ^ 1);
      stranger[2]! |= 0x80;
      socket.send(stranger, port, address);
      const garbled = Buffer.from(query);
      garbled[2]! |= 0x80;
      garbled.writeUInt16BE(7, 6);
      socket.send(garbled, port, address);
    });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const { port } = socket.address() as AddressInfo;
    await expect(askServer({ address: '127.0.0.1', port }, QUESTION, 1000)).rejects.toThrow('cannot be read');
    expect(await new DnsProbe(300).ask({ address: '127.0.0.1', port }, QUESTION)).toMatchObject({
      kind: 'silence',
      reason: expect.stringContaining('the answer cannot be read'),
    });
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  });
});
