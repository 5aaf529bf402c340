const PREFIX_OCTETS = 2;

/**
 * Cuts a TCP stream into DNS messages (RFC 1035 section 4.2.2), however it is split into segments. A message that comes
 * in pieces is copied once to where it belongs, so that a stream of single octets costs linear time.
 */
export class MessageFramer {
  /** How many octets of the length prefix have come: 0, 1 or 2. */
  #prefixOctets = 0;
  #length = 0;
  /** A message that did not come in one piece, and how much of it is there. */
  #pieces: Buffer | undefined;
  #filled = 0;

  /** Is a message begun and not complete? */
  get isPartial(): boolean {
    return this.#prefixOctets > 0;
  }

  /**
   * Takes a segment and hands over each message that it completes. A message may share the segment's memory.
   * @param onMessage returns false to stop behind this message.
   * @returns how many octets of the segment were taken.
   */
  push(segment: Buffer, onMessage: (message: Buffer) => boolean): number {
    let at = 0;
    while (at < segment.length) {
      if (this.#prefixOctets < PREFIX_OCTETS) {
        this.#length = (this.#length << 8) | segment[at]!;
        this.#prefixOctets += 1;
        at += 1;
        if (this.#prefixOctets < PREFIX_OCTETS) continue;
      }
      const octets = Math.min(this.#length - this.#filled, segment.length - at);
      const message = octets === this.#length ? segment.subarray(at, at + octets) : this.#collect(segment, at, octets);
      at += octets;
      if (!message) break;
      this.#reset();
      if (!onMessage(message)) break;
    }
    return at;
  }

  /** @returns the message, when these octets complete it. */
  #collect(segment: Buffer, at: number, octets: number): Buffer | undefined {
    if (octets === 0) return undefined;
    this.#pieces ??= Buffer.allocUnsafeSlow(this.#length);
    this.#filled += segment.copy(this.#pieces, this.#filled, at, at + octets);
    return this.#filled === this.#length ? this.#pieces : undefined;
  }

  #reset(): void {
    this.#prefixOctets = 0;
    this.#length = 0;
    this.#pieces = undefined;
    this.#filled = 0;
  }
}
