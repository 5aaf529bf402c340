/** Octets that are no DNS message, or records that are not what their type demands: answered FORMERR. */
export class WireFormatError extends Error {
  override readonly name = 'WireFormatError';
}
