/**
 * The account got another key while a challenge was on its way. What the CA looks for follows from the key (RFC 8555
 * section 8.1), so a TXT record of the old one is of no use any more. Nobody's fault: the order is taken up again.
 */
export class AccountKeyChangedError extends Error {
  override readonly name = 'AccountKeyChangedError';

  /** @param orderIsLost the CA has looked already, in vain, and its order is over */
  constructor(readonly orderIsLost: boolean) {
    super("the account's key was changed while a challenge was on its way");
  }
}
