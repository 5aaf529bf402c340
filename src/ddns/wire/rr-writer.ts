import type { WireName } from '../domain/name.js';

/** Compression pointers have 14 bits (RFC 1035 section 4.1.4). */
const MAX_POINTER = 0x3fff;

const MAX_MESSAGE_OCTETS = 65_535;

/** Offset of a section's count in the header. */
export type RecordSection = 'answer' | 'authority' | 'additional';

const COUNT_OFFSETS: Readonly<Record<RecordSection, number>> = { answer: 6, authority: 8, additional: 10 };

/**
 * Writes messages record by record into one buffer that is used again and again: transfers of many messages, NOTIFY,
 * UPDATE's answers. Owner names are compressed, names in record data are not (they may not be for most types).
 */
export class MessageWriter {
  readonly #buffer: Buffer;
  readonly #limit: number;
  readonly #offsets = new Map<string, number>();
  #at = 0;

  /** @param limit the longest message in octets; a record that does not fit any more is left out. */
  constructor(limit = MAX_MESSAGE_OCTETS) {
    this.#limit = limit;
    this.#buffer = Buffer.alloc(limit);
  }

  /** Octets written so far. */
  get length(): number {
    return this.#at;
  }

  /** Starts a message. `flags` are the octets of QR, opcode, flags and RCODE. */
  start(id: number, flags: number): this {
    this.#buffer.writeUInt16BE(id, 0);
    this.#buffer.writeUInt16BE(flags, 2);
    this.#buffer.fill(0, 4, 12);
    this.#at = 12;
    this.#offsets.clear();
    return this;
  }

  question(name: WireName, type: number, klass: number): this {
    this.#writeName(name);
    this.#at = this.#buffer.writeUInt16BE(type, this.#at);
    this.#at = this.#buffer.writeUInt16BE(klass, this.#at);
    this.#count(4);
    return this;
  }

  /** Appends a record; false, and nothing appended, when it does not fit. Sections come in their order. */
  record(section: RecordSection, name: WireName, type: number, klass: number, ttl: number, rdata: Uint8Array): boolean {
    // Uncompressed, to be sure: a name that is compressed after all only leaves room for one record less.
    if (this.#at + name.length + 10 + rdata.length > this.#limit) return false;
    this.#writeName(name);
    const buffer = this.#buffer;
    let at = this.#at;
    at = buffer.writeUInt16BE(type, at);
    at = buffer.writeUInt16BE(klass, at);
    at = buffer.writeUInt32BE(ttl, at);
    at = buffer.writeUInt16BE(rdata.length, at);
    buffer.set(rdata, at);
    this.#at = at + rdata.length;
    this.#count(COUNT_OFFSETS[section]);
    return true;
  }

  /** A copy of the message as it is. */
  finish(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#at));
  }

  #count(offset: number): void {
    this.#buffer.writeUInt16BE(this.#buffer.readUInt16BE(offset) + 1, offset);
  }

  #writeName(name: WireName): void {
    const buffer = this.#buffer;
    let label = 0;
    for (;;) {
      const length = name.charCodeAt(label);
      if (length === 0) {
        buffer[this.#at++] = 0;
        return;
      }
      const suffix = label === 0 ? name : name.slice(label);
      const earlier = this.#offsets.get(suffix);
      if (earlier !== undefined) {
        this.#at = buffer.writeUInt16BE(0xc000 | earlier, this.#at);
        return;
      }
      if (this.#at <= MAX_POINTER) this.#offsets.set(suffix, this.#at);
      this.#at += buffer.write(name.slice(label, label + 1 + length), this.#at, 'latin1');
      label += 1 + length;
    }
  }
}
