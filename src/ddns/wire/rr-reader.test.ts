import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { encodeMessage } from './rr-encoder.js';
import { additionalOffsets, readMessage, type WireMessage } from './rr-reader.js';
import { WireFormatError } from './rr-reader-error.js';

const NAME = '\x04k2v7\x05fleet\x04test\0';
const APEX = '\x05fleet\x04test\0';

function header(counts: readonly [number, number, number, number], body: readonly (Uint8Array | string)[]): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0x1234, 0);
  head.writeUInt16BE(0x2800, 2);
  for (const [index, count] of counts.entries()) head.writeUInt16BE(count, 4 + 2 * index);
  return Buffer.concat([
    head,
    ...body.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  ]);
}

/** One record in the answer section: owner name, TYPE, CLASS, TTL 60, data. */
function record(owner: string, type: number, rdata: string, klass = 1, length = rdata.length): string {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(klass, 2);
  fixed.writeUInt32BE(60, 4);
  fixed.writeUInt16BE(length, 8);
  return owner + fixed.toString('latin1') + rdata;
}

describe('readMessage', () => {
  it('reads what encodeMessage wrote', () => {
    const message: WireMessage = {
      id: 7,
      flags: 0x8400,
      questions: [{ name: NAME, type: 16, class: 1 }],
      answers: [{ name: NAME, type: 16, class: 1, ttl: 0xffff_fffe, rdata: Buffer.from('\x02hi', 'latin1') }],
      authority: [
        { name: APEX, type: 2, class: 1, ttl: 3600, rdata: Buffer.from('\x03ns1\x05fleet\x04test\0', 'latin1') },
        { name: APEX, type: 1, class: 255, ttl: 0, rdata: Buffer.alloc(0) },
      ],
      additional: [{ name: '\0', type: 41, class: 1232, ttl: 0, rdata: Buffer.alloc(0) }],
    };
    expect(readMessage(encodeMessage(message))).toEqual(message);
  });

  it('keeps records without data of the classes ANY and NONE', () => {
    const message = header([0, 2, 0, 0], [record('\x01a\0', 1, '', 255), record('\xc0\x0c', 16, '\x01x', 254)]);
    expect(readMessage(message).answers).toMatchObject([
      { name: '\x01a\0', class: 255, rdata: Buffer.alloc(0) },
      { name: '\x01a\0', class: 254, rdata: Buffer.from('\x01x') },
    ]);
  });

  it('lower-cases ASCII letters of names and nothing else', () => {
    const message = header([0, 1, 0, 0], [record('\x05K2\xc4[@\0', 16, '\x05K2\xc4[@')]);
    expect(readMessage(message).answers).toMatchObject([
      { name: '\x05k2\xc4[@\0', rdata: Buffer.from('\x05K2\xc4[@', 'latin1') },
    ]);
  });

  it('keeps a dot inside a label apart from the end of a label', () => {
    const message = header([0, 1, 0, 0], [record('\x03a.b\0', 1, '\x0a\0\0\x01')]);
    expect(readMessage(message).answers[0]?.name).toBe('\x03a.b\0');
  });

  it('uncompresses the names in the data of NS, CNAME, SOA, PTR, MX and SRV', () => {
    const body = [
      record(APEX, 2, '\xc0\x0c'),
      record('\xc0\x0c', 5, '\x01C\xc0\x0c'),
      record('\xc0\x0c', 6, '\xc0\x0c\x01H\xc0\x0c' + '\0'.repeat(20)),
      record('\xc0\x0c', 12, '\xc0\x0c'),
      record('\xc0\x0c', 15, '\0\x0a\x01M\xc0\x0c'),
      record('\xc0\x0c', 33, '\0\x01\0\x02\0\x35\x01S\xc0\x0c'),
    ];
    const read = readMessage(header([0, body.length, 0, 0], body)).answers.map(({ rdata }) => rdata.toString('latin1'));
    expect(read).toEqual([
      APEX,
      `\x01c${APEX}`,
      `${APEX}\x01h${APEX}${'\0'.repeat(20)}`,
      APEX,
      `\0\x0a\x01m${APEX}`,
      `\0\x01\0\x02\0\x35\x01s${APEX}`,
    ]);
  });

  const hostile: readonly (readonly [string, Buffer])[] = [
    ['less than a header', Buffer.alloc(11)],
    ['a question that is missing', header([1, 0, 0, 0], [])],
    ['a question cut short', header([1, 0, 0, 0], ['\x01a\0\0\x01\0'])],
    ['a record that is missing', header([0, 0, 1, 0], [])],
    ['data longer than the message', header([0, 1, 0, 0], [record('\0', 16, '\x01x', 1, 3)])],
    ['octets behind the last record', header([0, 1, 0, 0], [record('\0', 16, '\x01x'), '\0'])],
    ['a name without an end', header([1, 0, 0, 0], ['\x01a'])],
    ['a label over the end', header([1, 0, 0, 0], ['\x3faaaa'])],
    ['a label of type 01', header([1, 0, 0, 0], ['\x41a\0\0\x01\0\x01'])],
    ['a label of type 10', header([1, 0, 0, 0], ['\x80a\0\0\x01\0\x01'])],
    ['a pointer to itself', header([1, 0, 0, 0], ['\xc0\x0c\0\x01\0\x01'])],
    ['a pointer forward', header([1, 0, 0, 0], ['\xc0\x12\0\x01\0\x01\0'])],
    ['a pointer into the header', header([1, 0, 0, 0], ['\xc0\x04\0\x01\0\x01'])],
    ['a pointer cut short', header([1, 0, 0, 0], ['\xc0'])],
    [
      'a name of 256 octets',
      header([1, 0, 0, 0], [`${`\x3f${'a'.repeat(63)}`.repeat(3)}\x3e${'a'.repeat(62)}\0`, '\0\x01\0\x01']),
    ],
    [
      'a name of 256 octets by a pointer',
      header(
        [0, 2, 0, 0],
        [
          record(`${`\x3f${'a'.repeat(63)}`.repeat(3)}\x3d${'a'.repeat(61)}\0`, 16, '\x01x'),
          record('\x01a\xc0\x0c', 16, '\x01x'),
        ],
      ),
    ],
    ['an address of 3 octets', header([0, 1, 0, 0], [record('\0', 1, '\x0a\0\0')])],
    ['an address of 5 octets', header([0, 1, 0, 0], [record('\0', 1, '\x0a\0\0\x01\x02')])],
    ['an IPv6 address of 15 octets', header([0, 1, 0, 0], [record('\0', 28, 'a'.repeat(15))])],
    ['a string over the end of its record', header([0, 1, 0, 0], [record('\0', 16, '\x02x')])],
    ['a CNAME with octets behind it', header([0, 1, 0, 0], [record('\0', 5, '\x01a\0\0')])],
    ['a CNAME that runs over its end', header([0, 2, 0, 0], [record('\0', 5, '\x01a'), record('\0', 16, '\x01x')])],
    ['an SOA without its numbers', header([0, 1, 0, 0], [record('\0', 6, '\0\0')])],
  ];

  it.each(hostile)('refuses %s', (_, message) => {
    expect(() => readMessage(message)).toThrow(WireFormatError);
  });

  it('reads a name of 255 octets', () => {
    const name = `${`\x3f${'a'.repeat(63)}`.repeat(3)}\x3d${'a'.repeat(61)}\0`;
    expect(readMessage(header([1, 0, 0, 0], [`${name}\0\x01\0\x01`])).questions[0]?.name).toBe(name);
  });

  it('is not slowed down by chains of pointers', () => {
    // 64 KiB: first a chain in which each pointer points to the one before, then records that all begin at its end.
    const chain = [
      '\x01a\0',
      ...Array.from({ length: 5000 }, (_, index) => pointer(index === 0 ? 23 : 26 + 2 * (index - 1))),
    ];
    const owner = pointer(26 + 2 * 4999);
    const head = record('\0', 10, chain.join(''));
    const count = 4000;
    const message = header([0, 1 + count, 0, 0], [head, ...Array.from({ length: count }, () => record(owner, 10, ''))]);
    const start = performance.now();
    expect(() => readMessage(message)).toThrow(WireFormatError);
    expect(performance.now() - start).toBeLessThan(100);
  });

  it('reads the longest message of the longest names that pointers can make in less than 50 ms', () => {
    const labels = Array.from({ length: 15 }, (_, index) => `\x0e${String(index).padStart(14, 'x')}`);
    let body = record(`${labels.at(-1)}\0`, 10, '');
    let previous = 12;
    for (const label of labels.slice(0, -1).toReversed()) {
      const at = 12 + body.length;
      body += record(label + pointer(previous), 10, '');
      previous = at;
    }
    const count = Math.floor((65_535 - 12 - body.length) / 12);
    body += record(pointer(previous), 10, '').repeat(count);
    const message = header([0, 15 + count, 0, 0], [body]);
    readMessage(message);
    const start = performance.now();
    expect(readMessage(message).answers.at(-1)?.name).toHaveLength(226);
    expect(performance.now() - start).toBeLessThan(50);
  });

  it('throws nothing but WireFormatError, whatever the octets', () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets));
    const counts = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3));
    fc.assert(
      fc.property(bytes, counts, (octets, sections) => {
        const message = header(sections, [octets]);
        for (const read of [readMessage, additionalOffsets]) {
          expect(thrownBy(() => read(message))).toSatisfy(
            (error) => error === undefined || error instanceof WireFormatError,
          );
        }
      }),
      { numRuns: 3000 },
    );
  });
});

function thrownBy(body: () => unknown): unknown {
  try {
    body();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('additionalOffsets', () => {
  it('finds the additional records and the end', () => {
    const questions = [{ name: NAME, type: 6, class: 1 }];
    const answers = [{ name: NAME, type: 16, class: 1, ttl: 0, rdata: Buffer.from('\x01x') }];
    const additional = [
      { name: APEX, type: 41, class: 1232, ttl: 0, rdata: Buffer.alloc(0) },
      { name: NAME, type: 250, class: 255, ttl: 0, rdata: Buffer.alloc(3) },
    ];
    const lengths = [0, 1, 2].map(
      (count) => encodeMessage({ id: 1, flags: 0, questions, answers, additional: additional.slice(0, count) }).length,
    );
    expect(additionalOffsets(encodeMessage({ id: 1, flags: 0, questions, answers, additional }))).toEqual(lengths);
  });

  it.each([
    ['a message cut short', Buffer.alloc(5)],
    ['octets behind the last record', header([0, 0, 0, 0], ['\0'])],
    ['a record that is missing', header([0, 0, 0, 1], [])],
  ])('refuses %s', (_, message) => {
    expect(() => additionalOffsets(message)).toThrow(WireFormatError);
  });
});

function pointer(offset: number): string {
  return String.fromCharCode(0xc0 | (offset >> 8), offset & 0xff);
}
