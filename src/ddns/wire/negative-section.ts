import type { WireName } from '../domain/name.js';
import { negativeSoa } from '../domain/negative.js';
import type { Rrset } from '../domain/rrset.js';
import { HEADER_OCTETS } from './message-codes.js';
import { MessageWriter } from './message-writer.js';

const QUESTION_FIELDS_OCTETS = 4;
const SCRATCH_OCTETS = 2048;

/**
 * The authority section of every negative answer of a zone, ready to be copied. It is written as if the question had
 * been for the apex. The name that really is asked for ends in the apex, so a pointer into the question moves by the
 * number of octets that it is longer, and a pointer into the section moves with the section. Random names thus cost no
 * more than existing ones, and nothing is kept for any of them.
 */
export class NegativeSection {
  readonly octets: Buffer;
  readonly #pointers: readonly number[];
  /** Where the section began when it was written. */
  readonly #start: number;

  constructor(
    private readonly apex: WireName,
    soa: Rrset,
  ) {
    this.#start = HEADER_OCTETS + apex.length + QUESTION_FIELDS_OCTETS;
    const writer = new MessageWriter(Buffer.alloc(SCRATCH_OCTETS));
    writer.begin(apex, this.#start, SCRATCH_OCTETS);
    writer.writeRrset(apex, negativeSoa(soa));
    this.octets = Buffer.from(writer.octets.subarray(this.#start, writer.length));
    this.#pointers = writer.pointers.map((at) => at - this.#start);
  }

  /** Copies the section to `target` at `offset`, for a question with a name of `qnameOctets`. @returns its end. */
  write(target: Buffer, offset: number, qnameOctets: number): number {
    const { octets } = this;
    const questionShift = qnameOctets - this.apex.length;
    const sectionShift = offset - this.#start;
    for (let index = 0; index < octets.length; index += 1) target[offset + index] = octets[index]!;
    for (const position of this.#pointers) {
      const at = offset + position;
      const pointer = (target[at]! << 8) | target[at + 1]!;
      const moved = pointer + ((pointer & 0x3fff) < this.#start ? questionShift : sectionShift);
      target[at] = moved >> 8;
      target[at + 1] = moved & 0xff;
    }
    return offset + octets.length;
  }
}
