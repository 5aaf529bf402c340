import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWithPeers, program } from '../../support/peers.js';
import { aZone, zoneSet } from './a-zone.js';
import { listen, type TestListeners } from './dns-listener.js';

const run = promisify(execFile);

const zone = aZone(`
  @        3600 NS    ns1
  @        3600 CAA   0 issue "ca.test"
  ns1      3600 A     192.0.2.53
  dev1       60 A     10.0.0.1
  dev1       60 AAAA  fd00::1
  child    3600 NS    ns.child
  ns.child 3600 A     192.0.2.54
  ${Array.from({ length: 40 }, (_, index) => `many 60 TXT "${index} ${'z'.repeat(40)}"`).join('\n')}
`);

let server: TestListeners;
beforeAll(async () => {
  server = await listen(zoneSet(zone), { addresses: ['127.0.0.1', '::1'] });
});
afterAll(() => server.close());

describeWithPeers(['dig'], 'dig', () => {
  const dig = async (...args: string[]): Promise<string> =>
    (await run(program('dig'), ['@127.0.0.1', '-p', String(server.port), '+tries=1', '+time=2', ...args])).stdout;

  it.each([
    [['dev1.fleet.test', 'A', '+short'], '10.0.0.1\n'],
    [['dev1.fleet.test', 'AAAA', '+short'], 'fd00::1\n'],
    [['fleet.test', 'CAA', '+short'], '0 issue "ca.test"\n'],
    [['fleet.test', 'SOA', '+short'], 'ns1.fleet.test. hostmaster.fleet.test. 1 900 300 1209600 60\n'],
    [['fleet.test', 'NS', '+short', '+tcp'], 'ns1.fleet.test.\n'],
  ])('reads %s', async (args, expected) => {
    expect(await dig(...args)).toBe(expected);
  });

  it.each([
    [
      'NXDOMAIN with the SOA',
      ['nothing.fleet.test'],
      [/status: NXDOMAIN/, /flags: qr aa;/, /fleet\.test\.\s+60\s+IN\s+SOA/],
    ],
    ['EDNS and a cookie asked for', ['dev1.fleet.test'], [/EDNS: version: 0, flags:; udp: 1232/]],
    ['BADVERS', ['dev1.fleet.test', '+edns=1', '+noednsneg'], [/status: BADVERS/, /EDNS: version: 0/]],
    [
      'a truncated answer, asked again by TCP',
      ['many.fleet.test', 'TXT'],
      [/Truncated, retrying in TCP mode/, /ANSWER: 40/],
    ],
    [
      'a referral without AA',
      ['www.child.fleet.test', '+norec'],
      [/flags: qr;/, /child\.fleet\.test\.\s+3600\s+IN\s+NS/, /192\.0\.2\.54/],
    ],
    [
      'NOTIMP for an unknown opcode',
      ['+opcode=15', '+header-only', '+noedns'],
      [/status: NOTIMP/, /opcode: RESERVED15/],
    ],
    ['no answer for another class', ['version.bind', 'TXT', 'CH'], [/status: REFUSED/]],
    ['unknown flags not echoed', ['dev1.fleet.test', '+ednsflags=0x40', '+dnssec'], [/flags: do; udp/]],
    ['unknown options not echoed', ['dev1.fleet.test', '+ednsopt=100', '+nsid'], [/10\.0\.0\.1/]],
  ])('sees %s', async (_what, args, expected) => {
    const output = await dig('+nocmd', '+norec', ...args);
    for (const pattern of expected) expect(output).toMatch(pattern);
    expect(output).not.toMatch(/malformed|warning: .*(extra|trailing)|MBZ|NSID|OPT=100/i);
  });
});

describeWithPeers(['kdig'], 'kdig', () => {
  const kdig = async (...args: string[]): Promise<string> => (await run(program('kdig'), args)).stdout;

  it('asks many questions over one TCP connection', async () => {
    const port = String(server.port);
    const output = await kdig(
      '@127.0.0.1',
      '-p',
      port,
      '+tcp',
      '+keepopen',
      'dev1.fleet.test',
      'A',
      'dev1.fleet.test',
      'AAAA',
      'many.fleet.test',
      'TXT',
    );
    expect(output.match(/status: NOERROR/g)).toHaveLength(3);
    expect(server.counters.tcpQueries).toBeGreaterThanOrEqual(3);
  });

  it('asks over IPv6', async () => {
    const [, ipv6] = server.bound;
    expect(await kdig('@::1', '-p', String(ipv6!.port), '+short', 'dev1.fleet.test', 'A')).toBe('10.0.0.1\n');
    expect(await kdig('@::1', '-p', String(ipv6!.port), '+short', '+tcp', 'dev1.fleet.test', 'A')).toBe('10.0.0.1\n');
  });
});
