import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { aQuery, anOpt, anOption, type QueryWanted } from './a-query.js';
import { aZone, zoneSet } from './a-zone.js';
import { describeAnswer, exchangeUdp, type Answer } from './ask.js';
import { listen, type TestListeners } from './dns-listener.js';
import { exchangeTcp, TcpClient } from './tcp-client.js';

/**
 * The check-list of an authoritative server (docs: field notes, section 7), on real sockets, by UDP and by TCP. Each row
 * is a phenomenon; what is expected are the RCODE, the flags, and the records of the three sections.
 */
const SOA = 'fleet.test. 60 IN SOA ns1.fleet.test. hostmaster.fleet.test. 1 60';

const DEV1 = 'dev1.fleet.test. 60 IN A 10.0.0.1';
const CAA = 'fleet.test. 3600 IN CAA 0 issue "ca.test; accounturi=https://ca.test/acct/1; validationmethods=dns-01"';

const zone = aZone(`
  @              3600 NS    ns1
  @              3600 CAA   0 issue "ca.test; accounturi=https://ca.test/acct/1; validationmethods=dns-01"
  ns1            3600 A     192.0.2.53
  dev1             60 A     10.0.0.1
  dev1             60 AAAA  fd00::1
  host.empty       60 A     10.0.0.3
  *.wild           60 A     10.0.0.4
  sub.wild         60 TXT   "blocks"
  alias            60 CNAME dev1
  gone             60 CNAME nothing
  away             60 CNAME www.example.com.
  child          3600 NS    ns.child
  ns.child       3600 A     192.0.2.54
  mail             60 MX    10 dev1
  long             60 TXT   "${'x'.repeat(255)}" "${'y'.repeat(45)}"
  ${Array.from({ length: 40 }, (_, index) => `many 60 TXT "value ${String(index).padStart(2, '0')} ${'z'.repeat(40)}"`).join('\n')}
`);

interface Row {
  readonly phenomenon: string;
  readonly query: QueryWanted;
  readonly rcode?: string;
  readonly flags?: string[];
  readonly answers?: string[];
  readonly authority?: string[];
  readonly additional?: string[];
  /** The RCODE's upper bits and the flags of the OPT record; undefined: there is none. */
  readonly opt?: {
    readonly extended: number;
    readonly version: number;
    readonly flags: number;
    readonly octets: number;
  };
}

const OPT = { extended: 0, version: 0, flags: 0, octets: 0 };

const rows: Row[] = [
  {
    phenomenon: 'sets AA and leaves RA clear',
    query: {},
    flags: ['AA'],
    answers: ['dev1.fleet.test. 60 IN A 10.0.0.1'],
  },
  { phenomenon: 'copies RD', query: { flags: 0x0100 }, flags: ['AA', 'RD'], answers: [DEV1] },
  {
    phenomenon: 'copies CD and leaves AD clear',
    query: { flags: 0x0030 },
    flags: ['AA', 'CD'],
    answers: [DEV1],
  },
  {
    phenomenon: 'keeps the case of the question, also in the answer’s owner (0x20)',
    query: { name: 'DeV1.flEEt.TEST' },
    answers: ['DeV1.flEEt.TEST. 60 IN A 10.0.0.1'],
  },
  {
    phenomenon: 'refuses a name out of zone without AA and without records',
    query: { name: 'www.example.com' },
    rcode: 'REFUSED',
    flags: [],
  },
  { phenomenon: 'refuses the root', query: { wire: Buffer.from([0]), type: 'NS' }, rcode: 'REFUSED', flags: [] },
  { phenomenon: 'refuses the parent zone', query: { name: 'test', type: 'SOA' }, rcode: 'REFUSED', flags: [] },
  {
    phenomenon: 'answers NXDOMAIN with the SOA and the negative TTL',
    query: { name: 'nothing.fleet.test' },
    rcode: 'NXDOMAIN',
    authority: [SOA],
  },
  {
    phenomenon: 'answers NXDOMAIN far below what exists',
    query: { name: 'a.b.c.d.e.fleet.test' },
    rcode: 'NXDOMAIN',
    authority: [SOA],
  },
  { phenomenon: 'answers NODATA with the SOA', query: { type: 'TXT' }, authority: [SOA] },
  { phenomenon: 'answers NODATA for an empty non-terminal', query: { name: 'empty.fleet.test' }, authority: [SOA] },
  { phenomenon: 'answers NODATA for an unknown type', query: { type: 'TYPE65399' }, authority: [SOA] },
  {
    phenomenon: 'does not take a label with a dot in it for two labels',
    query: { wire: Buffer.from('\x0adev1.fleet\x04test\x00', 'latin1') },
    rcode: 'REFUSED',
    flags: [],
  },
  {
    phenomenon: 'answers NXDOMAIN for labels of any octets',
    query: { wire: Buffer.from('\x04\x00\x2e\x5c\xff\x05fleet\x04test\x00', 'latin1') },
    rcode: 'NXDOMAIN',
    authority: [SOA],
  },
  { phenomenon: 'answers NODATA for TYPE0', query: { type: 'TYPE0' }, authority: [SOA] },
  { phenomenon: 'answers NODATA for MAILB', query: { type: 'TYPE253' }, authority: [SOA] },
  { phenomenon: 'answers NODATA for DS at the apex', query: { name: 'fleet.test', type: 'DS' }, authority: [SOA] },
  {
    phenomenon: 'answers NODATA for DNSKEY at the apex',
    query: { name: 'fleet.test', type: 'DNSKEY' },
    authority: [SOA],
  },
  {
    phenomenon: 'answers NODATA for DS at a zone cut',
    query: { name: 'child.fleet.test', type: 'DS' },
    authority: [SOA],
  },
  {
    phenomenon: 'answers the SOA with its own TTL',
    query: { name: 'fleet.test', type: 'SOA' },
    answers: [SOA.replace(' 60 IN', ' 3600 IN')],
  },
  {
    phenomenon: 'answers NS with the addresses of the name servers',
    query: { name: 'fleet.test', type: 'NS' },
    answers: ['fleet.test. 3600 IN NS ns1.fleet.test.'],
    additional: ['ns1.fleet.test. 3600 IN A 192.0.2.53'],
  },
  {
    phenomenon: 'answers CAA at the apex',
    query: { name: 'fleet.test', type: 'CAA' },
    answers: [CAA],
  },
  {
    phenomenon: 'answers CAA below the apex with NODATA, so that the CA climbs',
    query: { type: 'CAA' },
    authority: [SOA],
  },
  {
    phenomenon: 'expands a wildcard under the name that was asked for',
    query: { name: 'any.wild.fleet.test' },
    answers: ['any.wild.fleet.test. 60 IN A 10.0.0.4'],
  },
  {
    phenomenon: 'does not expand a wildcard where a name exists',
    query: { name: 'sub.wild.fleet.test' },
    authority: [SOA],
  },
  {
    phenomenon: 'does not expand a wildcard below a name that exists',
    query: { name: 'x.sub.wild.fleet.test' },
    rcode: 'NXDOMAIN',
    authority: [SOA],
  },
  {
    phenomenon: 'follows an alias within the zone',
    query: { name: 'alias.fleet.test' },
    answers: ['alias.fleet.test. 60 IN CNAME dev1.fleet.test.', 'dev1.fleet.test. 60 IN A 10.0.0.1'],
  },
  {
    phenomenon: 'answers NXDOMAIN with the SOA behind an alias to nothing',
    query: { name: 'gone.fleet.test' },
    rcode: 'NXDOMAIN',
    answers: ['gone.fleet.test. 60 IN CNAME nothing.fleet.test.'],
    authority: [SOA],
  },
  {
    phenomenon: 'leaves an alias out of the zone to the resolver',
    query: { name: 'away.fleet.test' },
    answers: ['away.fleet.test. 60 IN CNAME www.example.com.'],
  },
  {
    phenomenon: 'refers to a delegated child without AA, with glue',
    query: { name: 'www.child.fleet.test' },
    flags: [],
    authority: ['child.fleet.test. 3600 IN NS ns.child.fleet.test.'],
    additional: ['ns.child.fleet.test. 3600 IN A 192.0.2.54'],
  },
  {
    phenomenon: 'answers MX without additions',
    query: { name: 'mail.fleet.test', type: 'MX' },
    answers: ['mail.fleet.test. 60 IN MX 10 dev1.fleet.test.'],
  },
  {
    phenomenon: 'answers a text over 255 octets in several strings',
    query: { name: 'long.fleet.test', type: 'TXT' },
    answers: [`long.fleet.test. 60 IN TXT "${'x'.repeat(255)}" "${'y'.repeat(45)}"`],
  },
  { phenomenon: 'answers ANY with one RRset', query: { type: 'ANY' }, answers: ['dev1.fleet.test. 60 IN A 10.0.0.1'] },
  { phenomenon: 'refuses AXFR without TSIG', query: { name: 'fleet.test', type: 'AXFR' }, rcode: 'REFUSED', flags: [] },
  { phenomenon: 'refuses IXFR without TSIG', query: { name: 'fleet.test', type: 'IXFR' }, rcode: 'REFUSED', flags: [] },
  {
    phenomenon: 'refuses version.bind in class CH',
    query: { name: 'version.bind', type: 'TXT', class: 3 },
    rcode: 'REFUSED',
    flags: [],
  },
  { phenomenon: 'refuses class ANY', query: { class: 255 }, rcode: 'REFUSED', flags: [] },
  { phenomenon: 'refuses class NONE', query: { class: 254 }, rcode: 'REFUSED', flags: [] },
  { phenomenon: 'answers opcode IQUERY with NOTIMP', query: { flags: 0x0800 }, rcode: 'NOTIMP', flags: [] },
  { phenomenon: 'answers opcode STATUS with NOTIMP', query: { flags: 0x1000 }, rcode: 'NOTIMP', flags: [] },
  { phenomenon: 'answers opcode 15 with NOTIMP', query: { flags: 0x7800 }, rcode: 'NOTIMP', flags: [] },
  {
    phenomenon: 'answers NOTIFY that nobody takes with NOTIMP',
    query: { flags: 0x2000, type: 'SOA' },
    rcode: 'NOTIMP',
    flags: [],
  },
  {
    phenomenon: 'answers UPDATE that nobody takes with NOTIMP',
    query: { flags: 0x2800, type: 'SOA' },
    rcode: 'NOTIMP',
    flags: [],
  },
  { phenomenon: 'answers QDCOUNT 0 with FORMERR', query: { counts: [0, 0, 0, 0] }, rcode: 'FORMERR', flags: [] },
  { phenomenon: 'answers QDCOUNT 2 with FORMERR', query: { counts: [2, 0, 0, 0] }, rcode: 'FORMERR', flags: [] },
  { phenomenon: 'answers QDCOUNT 257 with FORMERR', query: { counts: [257, 0, 0, 0] }, rcode: 'FORMERR', flags: [] },
  {
    phenomenon: 'answers a header alone with FORMERR',
    query: { wire: Buffer.alloc(0), tail: Buffer.alloc(0) },
    rcode: 'FORMERR',
    flags: [],
  },
  {
    phenomenon: 'answers a pointer in the question with FORMERR',
    query: { wire: Buffer.from([0xc0, 0x0c]) },
    rcode: 'FORMERR',
    flags: [],
  },
  {
    phenomenon: 'answers a pointer behind a label with FORMERR',
    query: { wire: Buffer.from([1, 0x61, 0xc0, 0x0c]) },
    rcode: 'FORMERR',
    flags: [],
  },
  {
    phenomenon: 'answers a label type 01 with FORMERR',
    query: { wire: Buffer.from([0x41, 0x61, 0]) },
    rcode: 'FORMERR',
    flags: [],
  },
  {
    phenomenon: 'answers a name over 255 octets with FORMERR',
    query: {
      wire: Buffer.concat([
        ...Array.from({ length: 5 }, () => Buffer.from([63, ...Buffer.alloc(63, 0x61)])),
        Buffer.from([0]),
      ]),
    },
    rcode: 'FORMERR',
    flags: [],
  },
  {
    phenomenon: 'answers a name without an end with FORMERR',
    query: { wire: Buffer.from([63, 0x61]) },
    rcode: 'FORMERR',
    flags: [],
  },
  {
    phenomenon: 'answers octets behind the message with FORMERR',
    query: { tail: Buffer.from([0]) },
    rcode: 'FORMERR',
    flags: [],
  },
  {
    phenomenon: 'answers counts without records with FORMERR',
    query: { counts: [1, 0, 0, 1] },
    rcode: 'FORMERR',
    flags: [],
  },
  { phenomenon: 'adds OPT only when asked with one', query: { edns: {} }, answers: [DEV1], opt: OPT },
  {
    phenomenon: 'copies DO',
    query: { edns: { flags: 0x8000 } },
    answers: [DEV1],
    opt: { ...OPT, flags: 0x8000 },
  },
  {
    phenomenon: 'does not echo unknown EDNS flags',
    query: { edns: { flags: 0x7fff } },
    answers: [DEV1],
    opt: OPT,
  },
  {
    phenomenon: 'does not echo unknown EDNS options, NSID and client subnet',
    query: {
      edns: {
        options: Buffer.concat([
          anOption(65001, Buffer.from('abc')),
          anOption(3, Buffer.alloc(0)),
          anOption(8, Buffer.from([0, 1, 24, 0, 10, 0, 0])),
        ]),
      },
    },
    answers: [DEV1],
    opt: OPT,
  },
  {
    phenomenon: 'answers EDNS version 1 with BADVERS and version 0',
    query: { edns: { version: 1 } },
    rcode: 'NOERROR',
    flags: [],
    opt: { ...OPT, extended: 1 },
  },
  {
    phenomenon: 'answers EDNS version 255 with options with BADVERS',
    query: { edns: { version: 255, options: anOption(65001, Buffer.from('abc')) } },
    flags: [],
    opt: { ...OPT, extended: 1 },
  },
  {
    phenomenon: 'has OPT in a refusal',
    query: { name: 'example.com', edns: {} },
    rcode: 'REFUSED',
    flags: [],
    opt: OPT,
  },
  {
    phenomenon: 'has OPT in a negative answer',
    query: { name: 'nothing.fleet.test', edns: {} },
    rcode: 'NXDOMAIN',
    authority: [SOA],
    opt: OPT,
  },
  {
    phenomenon: 'answers two OPT records with FORMERR',
    query: { edns: {}, tail: anOpt(), counts: [1, 0, 0, 2] },
    rcode: 'FORMERR',
    flags: [],
    opt: OPT,
  },
  {
    phenomenon: 'answers OPT in the answer section with FORMERR',
    query: { edns: {}, counts: [1, 1, 0, 0] },
    rcode: 'FORMERR',
    flags: [],
  },
  {
    phenomenon: 'answers OPT under another name than the root with FORMERR',
    query: { tail: Buffer.concat([Buffer.from([1, 0x61]), anOpt()]), counts: [1, 0, 0, 1] },
    rcode: 'FORMERR',
    flags: [],
  },
  {
    phenomenon: 'answers an EDNS option that runs over the end of OPT with FORMERR',
    query: { edns: { options: Buffer.from([0, 10, 0, 9, 1]) } },
    rcode: 'FORMERR',
    flags: [],
    opt: OPT,
  },
];

let server: TestListeners;
beforeAll(async () => {
  server = await listen(zoneSet(zone));
});
afterAll(() => server.close());

describe.each(['UDP', 'TCP'])('over %s', (transport) => {
  const exchange = (message: Buffer): Promise<Buffer> =>
    transport === 'UDP' ? exchangeUdp(server.port, message) : exchangeTcp(server.port, message);

  it.each(rows)(
    '$phenomenon',
    async ({ query, rcode = 'NOERROR', flags = ['AA'], answers, authority, additional, opt }) => {
      const message = aQuery(query);
      const answer = await exchange(message);
      const described = describeAnswer(answer);
      expect(described).toMatchObject({ rcode, flags, authority: authority ?? [], additional: additional ?? [] });
      expect(described.answers).toEqual(answers ?? []);
      expect(server.failures).toEqual([]);
      expect(answer.readUInt16BE(0)).toBe(0x1234);
      expect(optOf(described)).toEqual(opt);
    },
  );

  it('sends the question back as it came', async () => {
    const message = aQuery({ name: 'DeV1.fLeeT.tEsT', type: 'TYPE999' });
    const answer = await exchange(message);
    expect(answer.subarray(12, message.length)).toEqual(message.subarray(12));
  });

  it('answers all 40 values of one name', async () => {
    const answer = describeAnswer(await exchangeTcp(server.port, aQuery({ name: 'many.fleet.test', type: 'TXT' })));
    expect(answer.answers).toHaveLength(40);
    expect(new Set(answer.answers).size).toBe(40);
  });
});

describe('over UDP', () => {
  it.each([
    ['512 octets without EDNS', undefined, 512],
    ['512 octets where the client says less', { size: 100 }, 512],
    ['1232 octets where the client says 4096', { size: 4096 }, 1232],
    ['1232 octets where the client says 65535', { size: 65_535 }, 1232],
  ])('truncates over %s, keeps OPT, and leaves no records', async (_what, edns, limit) => {
    const query = aQuery({ name: 'many.fleet.test', type: 'TXT', ...(edns && { edns }) });
    const answer = describeAnswer(await exchangeUdp(server.port, query));
    expect(answer).toMatchObject({ rcode: 'NOERROR', flags: ['AA', 'TC'], answers: [], authority: [] });
    expect(optOf(answer)).toEqual(edns && OPT);
    expect(answer.octets).toBeLessThanOrEqual(limit);
  });

  it('sends up to what the client can take', async () => {
    // 300 octets of text: more than 12 + 21 + 4 + 12 + 302 = 351 is needed.
    const query = aQuery({ name: 'long.fleet.test', type: 'TXT', edns: { size: 600 } });
    expect(describeAnswer(await exchangeUdp(server.port, query))).toMatchObject({ flags: ['AA'] });
  });

  it.each([
    ['an empty datagram', Buffer.alloc(0)],
    ['one octet', Buffer.from([1])],
    ['eleven octets', Buffer.alloc(11)],
    ['a response', aQuery({ flags: 0x8000 })],
    ['a response with an unknown opcode', aQuery({ flags: 0xf800 })],
  ])('is silent to %s', async (_what, message) => {
    await expect(exchangeUdp(server.port, message, 150)).rejects.toThrow('no answer');
    expect(describeAnswer(await exchangeUdp(server.port, aQuery()))).toMatchObject({ rcode: 'NOERROR' });
  });

  it('is silent to a response over TCP, too, and answers what follows', async () => {
    const client = await TcpClient.connect(server.port);
    client.send(aQuery({ flags: 0x8000, id: 1 }), Buffer.alloc(11), aQuery({ id: 2 }));
    expect((await client.receive()).readUInt16BE(0)).toBe(2);
    client.socket.destroy();
  });

  it('multiplies no query by more than its largest answer allows', async () => {
    const measured = await Promise.all(
      rows.map(async ({ query }) => {
        const message = aQuery(query);
        return (await exchangeUdp(server.port, message)).length / message.length;
      }),
    );
    expect(Math.max(...measured)).toBeLessThan(11);
  });
});

function optOf({ message }: Answer): Row['opt'] {
  if (message.readUInt16BE(10) === 0) return undefined;
  // The OPT record is the last one, and has no options here.
  const opt = message.subarray(message.length - 11);
  if (opt.readUInt16BE(1) !== 41) return undefined;
  expect(opt.readUInt16BE(3)).toBe(1232);
  return { extended: opt[5]!, version: opt[6]!, flags: opt.readUInt16BE(7), octets: opt.readUInt16BE(9) };
}
