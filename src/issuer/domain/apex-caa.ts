/** A CA that may issue: its names in CAA records, and our account there. */
export interface IssuingCa {
  /** Empty when the CA does not say how it is called in CAA records. */
  readonly identities: readonly string[];
  /** The account's URL, once it exists. */
  readonly accountUrl?: string;
}

/**
 * The CAA set of an apex in presentation format (RFC 8659): only these CAs may issue below it, wildcards included.
 * With an account's URL, only that account by DNS-01 (RFC 8657): whoever else has an account at the same CA, or gets
 * hold of port 80 somewhere, gets nothing. Empty when no CA says how it is called.
 *
 * A CA without an account yet is named as it is; not so when another one with an account goes by the same name, as a
 * staging and its CA do: the bare name would let every account of that one issue.
 */
export function apexCaa(cas: readonly IssuingCa[]): string[] {
  const bound = new Set(cas.flatMap(({ identities, accountUrl }) => (accountUrl === undefined ? [] : identities)));
  const values = ['issue', 'issuewild'].flatMap((tag) =>
    cas.flatMap(({ identities, accountUrl }) =>
      accountUrl === undefined
        ? identities.filter((identity) => !bound.has(identity)).map((identity) => `0 ${tag} "${identity}"`)
        : identities.map((identity) => `0 ${tag} "${identity}; accounturi=${accountUrl}; validationmethods=dns-01"`),
    ),
  );
  return [...new Set(values)];
}
