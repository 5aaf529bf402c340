/**
 * The CAA set of an apex in presentation format (RFC 8659): only these CAs may issue below it, wildcards included.
 * With an account's URL, only that account by DNS-01 (RFC 8657): whoever else has an account at the same CA, or gets
 * hold of port 80 somewhere, gets nothing. Empty when the CA does not say how it is called in CAA records.
 */
export function apexCaa(caaIdentities: readonly string[], accountUrl: string | undefined): string[] {
  const parameters = accountUrl === undefined ? '' : `; accounturi=${accountUrl}; validationmethods=dns-01`;
  return ['issue', 'issuewild'].flatMap((tag) =>
    caaIdentities.map((identity) => `0 ${tag} "${identity}${parameters}"`),
  );
}
