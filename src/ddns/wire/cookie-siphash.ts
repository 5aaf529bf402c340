/**
 * SipHash-2-4 (Aumasson, Bernstein 2012): the pseudorandom function of interoperable DNS server cookies (RFC 9018).
 * Node's crypto has no SipHash. 64-bit words are kept as two 32-bit halves, because BigInt would cost microseconds and
 * garbage a query.
 */
export class SipHash24 {
  readonly #k0Low: number;
  readonly #k0High: number;
  readonly #k1Low: number;
  readonly #k1High: number;
  /** The halves of the last result. */
  #low = 0;
  #high = 0;

  /** @param key 16 octets. */
  constructor(key: Uint8Array) {
    if (key.length !== 16) throw new Error('A SipHash key has 16 octets.');
    this.#k0Low = word(key, 0);
    this.#k0High = word(key, 4);
    this.#k1Low = word(key, 8);
    this.#k1High = word(key, 12);
  }

  /** Hashes the first `length` octets of `message` and writes the 8 octets of the result to `target` at `offset`. */
  write(message: Uint8Array, length: number, target: Uint8Array, offset: number): void {
    this.#hash(message, length);
    putWord(target, offset, this.#low);
    putWord(target, offset + 4, this.#high);
  }

  /** Is the hash of the first `length` octets of `message` the 8 octets of `other` at `offset`? In constant time. */
  matches(message: Uint8Array, length: number, other: Uint8Array, offset: number): boolean {
    this.#hash(message, length);
    return ((this.#low ^ word(other, offset)) | (this.#high ^ word(other, offset + 4))) === 0;
  }

  #hash(message: Uint8Array, length: number): void {
    let v0l = this.#k0Low ^ 0x70736575;
    let v0h = this.#k0High ^ 0x736f6d65;
    let v1l = this.#k1Low ^ 0x6e646f6d;
    let v1h = this.#k1High ^ 0x646f7261;
    let v2l = this.#k0Low ^ 0x6e657261;
    let v2h = this.#k0High ^ 0x6c796765;
    let v3l = this.#k1Low ^ 0x79746573;
    let v3h = this.#k1High ^ 0x74656462;
    const whole = length >>> 3;

    // Blocks 0 to `whole` are message words (the last one padded, with the length on top); then the finalization.
    for (let block = 0; block <= whole + 1; block += 1) {
      let ml = 0;
      let mh = 0;
      let rounds = 2;
      if (block < whole) {
        ml = word(message, block * 8);
        mh = word(message, block * 8 + 4);
      } else if (block === whole) {
        mh = length << 24;
        for (let rest = length & 7, at = whole * 8, shift = 0; rest > 0; rest -= 1, at += 1, shift += 8) {
          if (shift < 32) ml |= message[at]! << shift;
          else mh |= message[at]! << (shift - 32);
        }
      } else {
        v2l ^= 0xff;
        rounds = 4;
      }
      v3l ^= ml;
      v3h ^= mh;
      for (; rounds > 0; rounds -= 1) {
        // v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32)
        let low = (v0l + v1l) | 0;
        let high = (v0h + v1h + (low >>> 0 < v0l >>> 0 ? 1 : 0)) | 0;
        let t = (v1l << 13) | (v1h >>> 19);
        v1h = ((v1h << 13) | (v1l >>> 19)) ^ high;
        v1l = t ^ low;
        v0l = high;
        v0h = low;
        // v2 += v3; v3 = rotl(v3, 16) ^ v2
        low = (v2l + v3l) | 0;
        high = (v2h + v3h + (low >>> 0 < v2l >>> 0 ? 1 : 0)) | 0;
        t = (v3l << 16) | (v3h >>> 16);
        v3h = ((v3h << 16) | (v3l >>> 16)) ^ high;
        v3l = t ^ low;
        v2l = low;
        v2h = high;
        // v0 += v3; v3 = rotl(v3, 21) ^ v0
        low = (v0l + v3l) | 0;
        high = (v0h + v3h + (low >>> 0 < v0l >>> 0 ? 1 : 0)) | 0;
        t = (v3l << 21) | (v3h >>> 11);
        v3h = ((v3h << 21) | (v3l >>> 11)) ^ high;
        v3l = t ^ low;
        v0l = low;
        v0h = high;
        // v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32)
        low = (v2l + v1l) | 0;
        high = (v2h + v1h + (low >>> 0 < v2l >>> 0 ? 1 : 0)) | 0;
        t = (v1l << 17) | (v1h >>> 15);
        v1h = ((v1h << 17) | (v1l >>> 15)) ^ high;
        v1l = t ^ low;
        v2l = high;
        v2h = low;
      }
      v0l ^= ml;
      v0h ^= mh;
    }
    this.#low = v0l ^ v1l ^ v2l ^ v3l;
    this.#high = v0h ^ v1h ^ v2h ^ v3h;
  }
}

/** The little-endian 32-bit word at `offset`. */
function word(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24);
}

function putWord(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
  bytes[offset + 2] = value >>> 16;
  bytes[offset + 3] = value >>> 24;
}
