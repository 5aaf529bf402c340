/** Numbers below a bound that are the same for the same seed (mulberry32), so that a finding can be found again. */
export type Random = (below: number) => number;

export function randomOf(seed: number): Random {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Octets at which readers of DNS take turns: ends, pointers, label types, OPT, TSIG, the largest. */
const TELLING = [0, 1, 2, 6, 12, 0x29, 0x3f, 0x40, 0x80, 0xc0, 0xf9, 0xfa, 0xfb, 0xfc, 0xfe, 0xff];
const MAX_CHANGES = 6;
/** Counts and lengths are two octets: those that are wrong in a telling way. */
const TELLING_WORDS = [0, 1, 2, 255, 256, 512, 1232, 0x0fff, 0x7fff, 0x8000, 0xfffe, 0xffff];

/** A message made from one or two others by one to six changes. At most 65,535 octets long. */
export function mutated(seeds: readonly Buffer[], random: Random): Buffer {
  let message: Buffer = Buffer.from(seeds[random(seeds.length)]!);
  for (let changes = random(MAX_CHANGES); changes >= 0; changes -= 1) message = changed(message, seeds, random);
  return message.subarray(0, 65_535);
}

function changed(message: Buffer, seeds: readonly Buffer[], random: Random): Buffer {
  const { length } = message;
  const at = random(length + 1);
  switch (random(10)) {
    case 0:
      return Buffer.concat([message.subarray(0, at), message.subarray(at + random(8))]);
    case 1:
      return Buffer.concat([
        message.subarray(0, at),
        Buffer.from(Array.from({ length: random(8) }, () => random(256))),
        message.subarray(at),
      ]);
    case 2:
      return withOctet(message, at, TELLING[random(TELLING.length)]!);
    case 3:
      return withOctet(message, at, (message[at] ?? 0) ^ (1 << random(8)));
    case 4:
      return withWord(message, at, TELLING_WORDS[random(TELLING_WORDS.length)]!);
    // One of the header's words: flags and the four counts.
    case 5:
      return withWord(message, 2 + 2 * random(5), random(3) === 0 ? random(65_536) : random(4));
    case 6: {
      const part = message.subarray(at, at + random(64));
      const to = random(length + 1);
      return Buffer.concat([message.subarray(0, to), part, message.subarray(to)]);
    }
    // The beginning of one and the end of another.
    case 7: {
      const other = seeds[random(seeds.length)]!;
      return Buffer.concat([message.subarray(0, at), other.subarray(random(other.length + 1))]);
    }
    case 8:
      return message.subarray(0, at);
    default:
      return withOctet(message, at, random(256));
  }
}

function withOctet(message: Buffer, at: number, octet: number): Buffer {
  if (at < message.length) message[at] = octet;
  return message;
}

function withWord(message: Buffer, at: number, word: number): Buffer {
  if (at + 2 <= message.length) message.writeUInt16BE(word, at);
  return message;
}
