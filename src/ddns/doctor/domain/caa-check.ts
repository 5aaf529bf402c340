import { caaAllows, parseIssueValue, type CaaRecord } from '../../domain/caa.js';
import { TYPE } from '../../domain/rr-type.js';
import { Verdict, type Finding } from './finding.js';
import { rcodeName, type Observation } from './observation.js';

/** One name of the climb from a device's name to the top level domain (RFC 8659 section 3). */
export interface CaaStep {
  readonly name: string;
  /** Asked at our name servers, whose answers need AA and SOA; else through a resolver. */
  readonly isOurs: boolean;
  readonly observation: Observation;
}

/** The CA that is configured. */
export interface ExpectedCa {
  /** Its names in CAA records: `caaIdentities` of its directory. */
  readonly identities: readonly string[];
  /** Host of its directory: its accounts' URLs are there. */
  readonly host: string;
}

/** The names in the order in which they are looked at: the first with a CAA set decides. */
export function caaClimb(name: string): readonly string[] {
  const labels = name.split('.');
  return labels.map((_, index) => labels.slice(index).join('.'));
}

/** Would the configured CA issue for the device's name? `ca` undefined: its directory could not be read. */
export function checkCaa(deviceName: string, steps: readonly CaaStep[], ca: ExpectedCa | undefined): Finding {
  const verdict = new Verdict('caa', deviceName);
  for (const step of steps) {
    const { name, observation } = step;
    const fault = answerFault(step);
    if (fault !== undefined) {
      return verdict.fail(
        `the lookup of CAA at ${name} fails: ${fault}`,
        step.isOurs
          ? 'The CA refuses to issue when a CAA lookup fails. See the other findings about this name server.'
          : `The CA refuses to issue when a CAA lookup fails. ${name} is above our zone: a CAA record at the apex of our zone, which the server sets as soon as it knows its CA, spares the climb.`,
      );
    }
    if (observation.kind === 'silence') continue;
    const records = observation.answers.flatMap(({ type, caa }) => (type === TYPE.CAA && caa ? [caa] : []));
    if (records.length > 0) return judge(verdict, name, records, ca);
  }
  return verdict.warn(
    `no CAA record from there up to ${steps.at(-1)?.name ?? deviceName}: every CA may issue`,
    'The server sets one at the apex of the zone once its account at the CA exists. Check FLEETCERT_ACME_DIRECTORY, and the log for why the account could not be made.',
  );
}

function answerFault({ isOurs, observation }: CaaStep): string | undefined {
  if (observation.kind === 'silence') return observation.reason;
  const { rcode, aa, tc, answers, authority } = observation;
  if (rcode !== 0 && rcode !== 3) return rcodeName(rcode);
  if (tc) return 'the answer is truncated, also over TCP';
  if (!isOurs) return undefined;
  if (!aa) return 'the answer is not authoritative';
  return answers.length === 0 && !authority.some(({ type }) => type === TYPE.SOA)
    ? 'the negative answer has no SOA'
    : undefined;
}

function judge(verdict: Verdict, name: string, records: readonly CaaRecord[], ca: ExpectedCa | undefined): Finding {
  const shown = records.map(({ flags, tag, value }) => `${flags} ${tag} "${value}"`).join(', ');
  const found = `CAA at ${name} (${shown})`;
  if (!ca)
    return verdict.warn(`${found}; whether it fits could not be judged`, 'The directory of the CA cannot be read.');
  if (ca.identities.length === 0) return verdict.ok(`${found}; the CA does not look at CAA`);
  if (allows(records, ca, { wildcard: false })) {
    return allows(records, ca, { wildcard: true })
      ? verdict.ok(`CAA at ${name} lets ${ca.identities.join(', ')} issue`)
      : verdict.warn(
          `${found} lets ${ca.identities.join(', ')} issue, but no wildcards`,
          `Devices with a wildcard need: ${name}. CAA 0 issuewild "${ca.identities[0]}; validationmethods=dns-01"`,
        );
  }
  return verdict.fail(
    `${found} keeps ${ca.identities.join(', ')} from issuing: ${reasonOf(records, ca)}`,
    `Delete or correct the CAA records at ${name}. These would fit: 0 issue "${ca.identities[0]}; validationmethods=dns-01"`,
    'In our own zone they come from the operator’s fixed records (GET /v1/zones/{zone}/records), or from a server with another FLEETCERT_ACME_DIRECTORY on the same database: the apex names the CA that was configured last.',
  );
}

function allows(records: readonly CaaRecord[], ca: ExpectedCa, { wildcard }: { readonly wildcard: boolean }): boolean {
  // The account is known to the server alone; an account of another CA (staging's, say) is seen by its host.
  const accounts = records.flatMap(({ value }) => parseIssueValue(value)?.parameters.get('accounturi') ?? []);
  return ['', ...accounts.filter((url) => hostOf(url) === ca.host)].some((accountUrl) =>
    caaAllows(records, { wildcard, identities: ca.identities, accountUrl, validationMethod: 'dns-01' }),
  );
}

function reasonOf(records: readonly CaaRecord[], ca: ExpectedCa): string {
  const own = records
    .filter(({ tag }) => tag.toLowerCase() === 'issue')
    .map(({ value }) => parseIssueValue(value))
    .find((issue) => issue !== undefined && ca.identities.includes(issue.domain.toLowerCase()));
  if (!own) return 'none of them names it';
  const methods = own.parameters.get('validationmethods');
  if (methods !== undefined && !methods.some((list) => list.split(',').includes('dns-01'))) {
    return 'validationmethods leaves dns-01 out';
  }
  const account = own.parameters.get('accounturi')?.[0];
  if (account !== undefined && hostOf(account) !== ca.host) {
    return `accounturi is an account at ${hostOf(account) ?? account}, and the configured directory is at ${ca.host}`;
  }
  return 'a critical property that CAs do not know is among them';
}

function hostOf(url: string): string | undefined {
  return /^https?:\/\/([^/]+)/i.exec(url)?.[1]?.toLowerCase();
}
