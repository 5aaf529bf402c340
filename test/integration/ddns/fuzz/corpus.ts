import { readdirSync, readFileSync } from 'node:fs';

import { mustWireName } from '../../../../src/ddns/domain/name.js';
import { tsigKey } from '../../../../src/ddns/wire/tsig-key.js';

/** One message a file: hexadecimal digits, and comments behind `#`. */
export const CORPUS = new URL('corpus/', import.meta.url);

export const FUZZ_SECRET = Buffer.alloc(32, 0x2a);

/** What the signed messages of the corpus are signed with. */
export const FUZZ_KEY = tsigKey(mustWireName('fuzz.example'), 'hmac-sha256', FUZZ_SECRET);

export interface Seed {
  readonly name: string;
  readonly message: Buffer;
}

/** The messages that the fuzzer changes: of real clients (record-corpus.ts), and those that once did harm. */
export function readCorpus(): readonly Seed[] {
  return readdirSync(CORPUS)
    .filter((file) => file.endsWith('.hex'))
    .toSorted()
    .map((file) => {
      const digits = readFileSync(new URL(file, CORPUS), 'utf8').replaceAll(/#.*|\s/g, '');
      return { name: file.slice(0, -4), message: Buffer.from(digits, 'hex') };
    });
}
