import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const VERSION = 1;
const IV_OCTETS = 12;
const TAG_OCTETS = 16;

/**
 * Encrypts secrets at rest (ACME account keys, TSIG secrets) with AES-256-GCM.
 * Sealed form: base64 of version (1 octet), IV (12), tag (16), ciphertext.
 */
export class SecretBox {
  readonly #key: Buffer;

  /** @param key 32 octets. */
  constructor(key: Buffer) {
    if (key.length !== 32) throw new Error('The secret key must have 32 octets.');
    this.#key = key;
  }

  /**
   * A secret of its own for one purpose, the same on every server that has the key (RFC 5869).
   * @param purpose text of ours, such as `dns-cookie 1`.
   */
  derive(purpose: string, octets: number): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#key, '', `fleetcert ${purpose}`, octets));
  }

  seal(plain: Uint8Array | string): string {
    const iv = randomBytes(IV_OCTETS);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv);
    const ciphertext = Buffer.concat([cipher.update(Buffer.from(plain as Uint8Array)), cipher.final()]);
    return Buffer.concat([Buffer.of(VERSION), iv, cipher.getAuthTag(), ciphertext]).toString('base64');
  }

  /** Throws when the text was sealed with another key, or changed. */
  open(sealed: string): Buffer {
    const bytes = Buffer.from(sealed, 'base64');
    const ivEnd = 1 + IV_OCTETS;
    const tagEnd = ivEnd + TAG_OCTETS;
    if (bytes[0] !== VERSION || bytes.length < tagEnd) throw new Error('This is not a sealed secret.');
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(1, ivEnd));
    decipher.setAuthTag(bytes.subarray(ivEnd, tagEnd));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(tagEnd)), decipher.final()]);
    } catch (cause) {
      throw new Error('A stored secret does not open: FLEETCERT_SECRET_KEY is not the key it was sealed with.', {
        cause,
      });
    }
  }
}
