/**
 * A domain name as the zone keeps and compares it: uncompressed wire format in lower case, with the root's zero octet,
 * one character an octet (`\x03www\x05fleet\x04test\x00`). Such strings are compact, hash fast and cannot confuse a dot
 * inside a label with one between labels.
 */
export type WireName = string;

export const ROOT: WireName = '\0';

const WILDCARD_LABEL = '\x01*';

const MAX_LABEL_OCTETS = 63;
const MAX_NAME_OCTETS = 255;
const UPPER_CASE = /[A-Z]/g;

/** What nearly every name consists of: nothing that would have to be escaped, lowered or refused. */
const PLAIN_LABELS = /^[a-z0-9_*-]{1,63}(?:\.[a-z0-9_*-]{1,63})*$/;
const scratch = Buffer.alloc(MAX_NAME_OCTETS);

/** ASCII only (RFC 4343 section 3): toLowerCase() would also change octets over 127. Length octets stay below 64. */
export function lowerCaseName(name: WireName): WireName {
  return name.replace(UPPER_CASE, (letter) => String.fromCharCode(letter.charCodeAt(0) + 32));
}

/**
 * Reads an absolute name in presentation format, with or without the final dot, `\.` and `\DDD` escapes allowed
 * (RFC 1035 section 5.1, RFC 4343 section 2.1). Undefined for what is not a name: empty labels, labels over 63 or names
 * over 255 octets, broken escapes, characters outside ASCII.
 */
export function wireName(text: string): WireName | undefined {
  if (text === '.') return ROOT;
  return text.length <= MAX_NAME_OCTETS - 2 && PLAIN_LABELS.test(text) ? plainName(text) : anyName(text);
}

/** A million names are read when a large zone is loaded. */
function plainName(text: string): WireName {
  let label = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code !== 0x2e) {
      scratch[index + 1] = code;
      continue;
    }
    scratch[label] = index - label;
    label = index + 1;
  }
  scratch[label] = text.length - label;
  scratch[text.length + 1] = 0;
  return scratch.toString('latin1', 0, text.length + 2);
}

function anyName(text: string): WireName | undefined {
  const octets: number[] = [0];
  let label = 0;
  for (let index = 0; index < text.length; index += 1) {
    let code = text.charCodeAt(index);
    if (code > 126 || code < 33) return undefined;
    if (code === 0x2e) {
      if (octets.length - label === 1) return undefined;
      octets[label] = octets.length - label - 1;
      label = octets.length;
      octets.push(0);
      continue;
    }
    if (code === 0x5c) {
      const digits = /^\d{3}/.exec(text.slice(index + 1, index + 4))?.[0];
      code = digits === undefined ? text.charCodeAt(index + 1) : Number(digits);
      if (!(code <= (digits === undefined ? 126 : 255)) || (digits === undefined && code < 33)) return undefined;
      index += digits === undefined ? 1 : 3;
    }
    octets.push(code);
    if (octets.length - label - 1 > MAX_LABEL_OCTETS) return undefined;
  }
  if (octets.length - label > 1) {
    octets[label] = octets.length - label - 1;
    octets.push(0);
  }
  if (octets.length === 1 || octets.length > MAX_NAME_OCTETS) return undefined;
  return lowerCaseName(Buffer.from(octets).toString('latin1'));
}

/** As wireName, for names that are known to be right: our own constants and what was checked before. */
export function mustWireName(text: string): WireName {
  const name = wireName(text);
  if (name === undefined) throw new Error(`Not a domain name: ${JSON.stringify(text)}`);
  return name;
}

/**
 * The presentation format, absolute and without the final dot (`.` for the root). A dot inside a label is written
 * `\046`, never `\.`: so every dot in the text separates labels, which the store's search below a name relies on.
 */
export function presentName(name: WireName): string {
  if (name === ROOT) return '.';
  let text = '';
  for (let at = 0; at < name.length - 1;) {
    const length = name.charCodeAt(at);
    if (at > 0) text += '.';
    for (let index = at + 1; index <= at + length; index += 1) text += presentOctet(name.charCodeAt(index));
    at += 1 + length;
  }
  return text;
}

function presentOctet(code: number): string {
  if (code === 0x2e || code < 33 || code > 126) return `\\${String(code).padStart(3, '0')}`;
  const character = String.fromCharCode(code);
  return '"();@\\$'.includes(character) ? `\\${character}` : character;
}

/** The name without its first label; undefined for the root. */
export function parentOf(name: WireName): WireName | undefined {
  return name === ROOT ? undefined : name.slice(1 + name.charCodeAt(0));
}

/** Is `name` equal to `ancestor` or below it? */
export function isAtOrBelow(name: WireName, ancestor: WireName): boolean {
  if (!name.endsWith(ancestor)) return false;
  let at = 0;
  while (name.length - at > ancestor.length) at += 1 + name.charCodeAt(at);
  return name.length - at === ancestor.length;
}

/** The octets of the first label, without its length. */
export function firstLabel(name: WireName): string {
  return name.slice(1, 1 + name.charCodeAt(0));
}

/** `label.parent`, or undefined when the result would be too long. `label`: 1 to 63 octets, one character each. */
export function childOf(label: string, parent: WireName): WireName | undefined {
  if (label.length === 0 || label.length > MAX_LABEL_OCTETS) return undefined;
  const name = String.fromCharCode(label.length) + label + parent;
  return name.length > MAX_NAME_OCTETS ? undefined : lowerCaseName(name);
}

/** `*.name` (RFC 4592 section 2.1.1), or undefined when that would be too long. */
export function wildcardOf(name: WireName): WireName | undefined {
  return name.length + WILDCARD_LABEL.length > MAX_NAME_OCTETS ? undefined : WILDCARD_LABEL + name;
}

export function isWildcard(name: WireName): boolean {
  return name.startsWith(WILDCARD_LABEL);
}
