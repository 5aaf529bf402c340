/** A CAA record (RFC 8659 section 4.1). */
export interface CaaRecord {
  readonly flags: number;
  readonly tag: string;
  readonly value: string;
}

export interface CaaQuestion {
  readonly wildcard: boolean;
  /** The names that this CA goes by in CAA records: `caaIdentities` of the directory. */
  readonly identities: readonly string[];
  readonly accountUrl: string;
  readonly validationMethod: string;
}

/** 128 is the critical flag; 1 is what many take for it, and Boulder honours both. */
const CRITICAL = 128 | 1;

/**
 * Does the relevant record set (the one found first when climbing from the name, RFC 8659 section 3) let this CA issue?
 * An empty set does.
 */
export function caaAllows(records: readonly CaaRecord[], question: CaaQuestion): boolean {
  const byTag = (tag: string): readonly CaaRecord[] => records.filter((record) => record.tag.toLowerCase() === tag);
  const unknown = records.filter(({ tag }) => !['issue', 'issuewild', 'iodef'].includes(tag.toLowerCase()));
  if (unknown.some(({ flags }) => (flags & CRITICAL) !== 0)) return false;
  const issue = byTag('issue');
  const issueWild = byTag('issuewild');
  // Section 4.3: issuewild counts for wildcards only, and then takes the place of issue.
  const relevant = question.wildcard && issueWild.length > 0 ? issueWild : issue;
  return relevant.length === 0 || relevant.some(({ value }) => propertyAllows(value, question));
}

function propertyAllows(value: string, question: CaaQuestion): boolean {
  const property = parseIssueValue(value);
  if (!property) return false;
  const { domain, parameters } = property;
  if (!question.identities.some((identity) => identity.toLowerCase() === domain.toLowerCase())) return false;
  return accountMatches(parameters, question.accountUrl) && methodMatches(parameters, question.validationMethod);
}

type Parameters = ReadonlyMap<string, readonly string[]>;

/**
 * Reads `letsencrypt.org; accounturi=…; validationmethods=dns-01` (RFC 8659 section 4.2).
 * undefined when it is malformed: such a property authorizes nobody.
 */
export function parseIssueValue(value: string): { domain: string; parameters: Parameters } | undefined {
  const [domain = '', ...parts] = value.split(';').map((part) => part.replace(/^[ \t]+|[ \t]+$/g, ''));
  const parameters = new Map<string, string[]>();
  if (parts.length === 1 && parts[0] === '') return { domain, parameters };
  for (const part of parts) {
    const match = /^([A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*)[ \t]*=[ \t]*([\x21-\x3a\x3c-\x7e]*)$/.exec(part);
    if (!match) return undefined;
    const [, tag = '', text = ''] = match;
    parameters.set(tag.toLowerCase(), [...(parameters.get(tag.toLowerCase()) ?? []), text]);
  }
  return { domain, parameters };
}

/** RFC 8657 section 3: several accounturi parameters cannot be satisfied. */
function accountMatches(parameters: Parameters, accountUrl: string): boolean {
  const urls = parameters.get('accounturi');
  return urls === undefined || (urls.length === 1 && urls[0] === accountUrl);
}

/** RFC 8657 section 4: a list of methods, each `1*(ALPHA / DIGIT / "-")`, or nothing is allowed. */
function methodMatches(parameters: Parameters, method: string): boolean {
  const values = parameters.get('validationmethods');
  if (values === undefined) return true;
  const methods = values.length === 1 ? (values[0] ?? '').split(',') : [];
  return methods.every((entry) => /^[A-Za-z0-9-]+$/.test(entry)) && methods.includes(method);
}
