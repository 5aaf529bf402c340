import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';

import { MessageFramer } from '../../../../src/ddns/listeners/message-framer.js';
import { run } from '../../ddns-transfer-run.js';
import { CORPUS, FUZZ_SECRET } from './corpus.js';

/**
 * Records what real clients send into the corpus, one file a message:
 *
 *     node --import ./scripts/ts-hook.mjs test/integration/ddns/fuzz/record-corpus.ts
 *
 * They talk to a listener that keeps the first message and refuses it.
 */
const SECRET = FUZZ_SECRET.toString('base64');
const SIGNED = ['-y', `hmac-sha256:fuzz.example:${SECRET}`];
const DEVICE = 'dev1.fleet.test';
const digs: Record<string, readonly string[]> = {
  'dig-a': ['+noedns', '+nocookie', DEVICE],
  'dig-a-edns-cookie': [DEVICE],
  'dig-a-server-cookie': [`+cookie=${'0102030405060708'}${'01000000'}${'ab'.repeat(12)}`, DEVICE],
  'dig-aaaa-do': ['+dnssec', '+nocookie', DEVICE, 'AAAA'],
  'dig-any-tcp': ['+tcp', '+nocookie', DEVICE, 'ANY'],
  'dig-nsid-subnet': ['+nsid', '+subnet=192.0.2.0/24', '+nocookie', DEVICE],
  'dig-edns1': ['+edns=1', '+noednsnegotiation', '+nocookie', DEVICE],
  'dig-edns-flags': ['+ednsflags=0x7fff', '+nocookie', DEVICE],
  'dig-edns-option': ['+ednsopt=65001:0102030405', '+nocookie', DEVICE],
  'dig-padding': ['+padding=128', '+nocookie', DEVICE],
  'dig-keepalive-tcp': ['+tcp', '+keepalive', DEVICE],
  'dig-txt-challenge': ['+nocookie', `_acme-challenge.${DEVICE}`, 'TXT'],
  'dig-caa': ['+nocookie', 'fleet.test', 'CAA'],
  'dig-soa-0x20': ['+nocookie', 'fLEeT.tESt', 'SOA'],
  'dig-ds-child': ['+nocookie', 'child.fleet.test', 'DS'],
  'dig-type65399': ['+nocookie', DEVICE, 'TYPE65399'],
  'dig-version-bind': ['+nocookie', 'version.bind', 'CH', 'TXT'],
  'dig-status': ['+opcode=STATUS', '+nocookie', 'fleet.test', 'SOA'],
  'dig-notify': ['+opcode=NOTIFY', '+nocookie', 'fleet.test', 'SOA'],
  'dig-header-only': ['+header-only', '+nocookie', 'fleet.test'],
  'dig-escaped-name': ['+nocookie', '\\000\\046\\255.fleet.test', 'A'],
  'dig-long-name': ['+nocookie', `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.fleet.test`, 'A'],
  'dig-axfr': ['+nocookie', 'fleet.test', 'AXFR'],
  'dig-axfr-tsig': [...SIGNED, '+nocookie', 'fleet.test', 'AXFR'],
  'dig-axfr-tsig-sha512': ['-y', `hmac-sha512:fuzz512.example:${SECRET}`, 'fleet.test', 'AXFR'],
  'dig-ixfr': ['+nocookie', 'fleet.test', 'IXFR=1'],
  'dig-ixfr-tsig': [...SIGNED, 'fleet.test', 'IXFR=1'],
  'dig-notify-tsig': [...SIGNED, '+opcode=NOTIFY', 'fleet.test', 'SOA'],
  'dig-a-tsig': [...SIGNED, DEVICE],
};
const kdigs: Record<string, readonly string[]> = {
  'kdig-notify': ['fleet.test', 'NOTIFY=2026112101'],
  'kdig-alignment': ['+alignment=64', '+dnssec', DEVICE],
};
const updates: Record<string, readonly string[]> = {
  'nsupdate-add-txt': [`update add _acme-challenge.${DEVICE} 60 TXT "value"`],
  'nsupdate-replace-address': [`update delete ${DEVICE} A`, `update add ${DEVICE} 60 A 10.0.0.2`],
  'nsupdate-delete-all': [`update delete ${DEVICE}`, `update delete _acme-challenge.${DEVICE} TXT "value"`],
  'nsupdate-prerequisites': [
    `prereq yxdomain ${DEVICE}`,
    `prereq nxrrset ${DEVICE} AAAA`,
    `prereq yxrrset ${DEVICE} A 10.0.0.1`,
    `update add ${DEVICE} 60 AAAA fd00::2`,
  ],
  'nsupdate-many-kinds': [
    'update add a.fleet.test 60 MX 10 mail.fleet.test.',
    'update add b.fleet.test 60 CAA 0 issue "ca.test"',
    'update add c.fleet.test 60 SRV 1 2 3 host.fleet.test.',
    'update add d.fleet.test 60 NS ns.d.fleet.test.',
    'update add e.fleet.test 60 TYPE65399 \\# 4 01020304',
  ],
};

const messages: Buffer[] = [];
const keep = (message: Buffer): Buffer => {
  messages.push(Buffer.from(message));
  const refusal = Buffer.from(message.subarray(0, 12));
  refusal[2]! |= 0x80;
  refusal[3] = 5;
  refusal.fill(0, 4);
  return refusal;
};
const tcp = createServer((socket) => {
  const framer = new MessageFramer();
  socket.on('error', () => undefined);
  socket.on('data', (octets) => {
    framer.push(octets, (message) => {
      socket.end(framed(keep(message)));
      return false;
    });
  });
});
tcp.listen(0, '127.0.0.1');
await once(tcp, 'listening');
const { port } = tcp.address() as AddressInfo;
const udp = createSocket('udp4');
udp.on('message', (message, { port: from, address }) => udp.send(keep(message), from, address));
udp.bind(port, '127.0.0.1');
await once(udp, 'listening');

for (const [name, args] of Object.entries(digs)) {
  await record(name, 'dig', ['@127.0.0.1', '-p', String(port), '+tries=1', '+time=1', ...args]);
}
for (const [name, args] of Object.entries(kdigs)) {
  await record(name, 'kdig', ['@127.0.0.1', '-p', String(port), '+retry=0', '+time=1', ...args]);
}
for (const [name, commands] of Object.entries(updates)) {
  const input = [`server 127.0.0.1 ${port}`, 'zone fleet.test', ...commands, 'send', ''].join('\n');
  await record(name, 'nsupdate', ['-t', '2', '-r', '0'], input);
  await record(`${name}-tsig`, 'nsupdate', ['-t', '2', '-r', '0', ...SIGNED], input);
}
udp.close();
tcp.close();

async function record(name: string, program: string, args: readonly string[], input?: string): Promise<void> {
  messages.length = 0;
  await run(program, args, { ...(input !== undefined && { input }) });
  const [first] = messages;
  if (!first) throw new Error(`${name}: ${program} sent nothing`);
  const shown = args
    .filter((arg) => arg !== '@127.0.0.1' && arg !== String(port) && arg !== '-p')
    .join(' ')
    .replaceAll(SECRET, '…');
  const lines = first.toString('hex').replaceAll(/.{64}(?=.)/g, (line) => `${line}\n`);
  await writeFile(new URL(`${name}.hex`, CORPUS), `# ${program} ${shown}\n${lines}\n`);
}

function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
