const EXPLANATIONS: Readonly<Record<string, string>> = {
  NXDOMAIN: 'check that a DNS record exists for this domain',
  SERVFAIL: "the domain's nameservers may be malfunctioning",
};

/**
 * A lookup that came to nothing, worded as the real CA words it. What exactly a resolver disliked, which it does not
 * tell, is added: whoever reads this in the sandbox wants to mend a name server.
 */
export class DnsFailure extends Error {
  override readonly name = 'DnsFailure';

  /**
   * @param what `SERVFAIL`, `NXDOMAIN`, `query timed out`, `networking error`
   * @param hint what was wrong with the answer
   */
  constructor(what: string, type: string, domain: string, hint?: string) {
    const explanation = EXPLANATIONS[what];
    super(
      `DNS problem: ${what} looking up ${type} for ${domain}` +
        (explanation === undefined ? '' : ` - ${explanation}`) +
        (hint === undefined ? '' : ` (${hint})`),
    );
  }
}
