/** There is nobody to send the answer to any more: the client's business, and no fault of ours. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';

  constructor() {
    super('The TCP client has gone.');
  }
}
