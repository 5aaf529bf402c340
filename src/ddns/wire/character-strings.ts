/** RFC 1035 section 3.3: a length octet and up to 255 octets. */
const MAX_STRING_OCTETS = 255;

/** TXT RDATA of one text: as many character-strings as it takes (RFC 7208 section 3.3: readers join them). */
export function txtRdata(text: string | Uint8Array): Buffer {
  const octets = typeof text === 'string' ? Buffer.from(text, 'utf8') : Buffer.from(text);
  return characterStrings([octets]);
}

/** RDATA of several texts, each split where it is too long. */
export function characterStrings(texts: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  for (const text of texts) {
    for (let at = 0; at === 0 || at < text.length; at += MAX_STRING_OCTETS) {
      const string = text.subarray(at, at + MAX_STRING_OCTETS);
      parts.push(Buffer.from([string.length]), string);
    }
  }
  return Buffer.concat(parts);
}

/** The character-strings of TXT RDATA; undefined when it is malformed. */
export function parseCharacterStrings(rdata: Buffer): Buffer[] | undefined {
  const strings: Buffer[] = [];
  for (let at = 0; at < rdata.length;) {
    const end = at + 1 + rdata[at]!;
    if (end > rdata.length) return undefined;
    strings.push(rdata.subarray(at + 1, end));
    at = end;
  }
  return strings.length > 0 ? strings : undefined;
}
