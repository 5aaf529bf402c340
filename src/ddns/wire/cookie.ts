import { SipHash24 } from './cookie-siphash.js';

/** Octets of client cookie plus our server cookie: the data of the COOKIE option that we answer (RFC 7873 section 4). */
export const FULL_COOKIE_OCTETS = 24;

const CLIENT_COOKIE_OCTETS = 8;
const SERVER_COOKIE_VERSION = 1;
/** RFC 9018 section 4.3: older ones are not accepted, nor those from more than five minutes ahead. */
const MAX_AGE_SECONDS = 3600;
const MAX_AHEAD_SECONDS = 300;

/** The source address of a query in network order: the first `length` (4 or 16) of `octets`. */
export interface CookieClient {
  readonly octets: Uint8Array;
  readonly length: number;
}

/**
 * What a COOKIE option is worth (RFC 7873 section 5.2).
 * `malformed`: answer FORMERR. `client-only`: no server cookie in it. `invalid`: not one of ours, too old, or for
 * another address. `valid`: the client really has this address.
 */
export type CookieVerdict = 'malformed' | 'client-only' | 'invalid' | 'valid';

/**
 * Interoperable server cookies (RFC 9018): every server of an anycast set that knows the secret accepts them, and
 * nothing is kept a client. Costs a SipHash of 20 or 32 octets a query.
 */
export class ServerCookies {
  readonly #making: SipHash24;
  readonly #accepting: readonly SipHash24[];
  /** Client cookie, version, reserved, time, address: what is hashed (RFC 9018 section 4.4). */
  readonly #input = new Uint8Array(32);

  /** @param secrets 16 octets each: the first makes cookies, all are accepted (RFC 9018 section 5: a rollover). */
  constructor(secrets: readonly Uint8Array[]) {
    const [first, ...others] = secrets.map((secret) => new SipHash24(secret));
    if (!first) throw new Error('Server cookies need a secret.');
    this.#making = first;
    this.#accepting = [first, ...others];
  }

  /**
   * Judges the `length` octets of option data at `offset` of `message`.
   * @param nowSeconds Unix time in whole seconds.
   */
  check(message: Uint8Array, offset: number, length: number, client: CookieClient, nowSeconds: number): CookieVerdict {
    // RFC 7873 section 4: 8 octets, or 8 plus 8 to 32.
    if (length === CLIENT_COOKIE_OCTETS) return 'client-only';
    if (length < 16 || length > 40) return 'malformed';
    if (length !== FULL_COOKIE_OCTETS || message[offset + 8] !== SERVER_COOKIE_VERSION) return 'invalid';
    // Serial arithmetic (RFC 1982), so that 2106 is no special year.
    const time =
      (message[offset + 12]! << 24) |
      (message[offset + 13]! << 16) |
      (message[offset + 14]! << 8) |
      message[offset + 15]!;
    const age = (nowSeconds - time) | 0;
    if (age > MAX_AGE_SECONDS || age < -MAX_AHEAD_SECONDS) return 'invalid';
    const input = this.#input;
    for (let index = 0; index < 16; index += 1) input[index] = message[offset + index]!;
    const inputLength = this.#appendClient(client);
    for (const siphash of this.#accepting) {
      if (siphash.matches(input, inputLength, message, offset + 16)) return 'valid';
    }
    return 'invalid';
  }

  /**
   * Writes the 24 octets of the answer's option data to `target` at `offset`: the client cookie, which stands at
   * `clientCookieOffset` of `message`, and a server cookie of now. A fresh one each time is simpler than keeping the
   * old one for half an hour, and no dearer.
   */
  write(
    target: Uint8Array,
    offset: number,
    message: Uint8Array,
    clientCookieOffset: number,
    client: CookieClient,
    nowSeconds: number,
  ): void {
    const input = this.#input;
    for (let index = 0; index < CLIENT_COOKIE_OCTETS; index += 1) input[index] = message[clientCookieOffset + index]!;
    input[8] = SERVER_COOKIE_VERSION;
    input[9] = 0;
    input[10] = 0;
    input[11] = 0;
    input[12] = nowSeconds >>> 24;
    input[13] = nowSeconds >>> 16;
    input[14] = nowSeconds >>> 8;
    input[15] = nowSeconds;
    for (let index = 0; index < 16; index += 1) target[offset + index] = input[index]!;
    this.#making.write(input, this.#appendClient(client), target, offset + 16);
  }

  #appendClient(client: CookieClient): number {
    for (let index = 0; index < client.length; index += 1) this.#input[16 + index] = client.octets[index]!;
    return 16 + client.length;
  }
}
