import { isAtOrBelow } from '../../../kernel/domain-name.js';
import { TYPE } from '../../domain/rr-type.js';
import { Verdict, type Finding } from './finding.js';
import { rcodeName, setDifference, type Observation, type ObservedAnswer } from './observation.js';

/** A name server as it is configured. */
export interface ExpectedNameServer {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** What one of the parent's name servers answered when asked for the zone's NS records. */
export interface ParentAnswer {
  /** Its name and address. */
  readonly server: string;
  readonly observation: Observation;
}

export interface Delegation {
  readonly nameServers: readonly string[];
  /** By name server. */
  readonly glue: ReadonlyMap<string, readonly string[]>;
}

const TTL_SECONDS = 3600;
const OPEN_PARENT = 'Ask the administrator of the parent zone, or try again: this name server is not ours.';

/** The lines that belong into the parent zone: NS, and glue for the name servers inside the zone (RFC 1034 section 4.2.1). */
export function delegationLines(zone: string, nameServers: readonly ExpectedNameServer[]): readonly string[] {
  const glue = nameServers.filter(({ name }) => isAtOrBelow(name, zone));
  return [
    ...nameServers.map(({ name }) => `${zone}. ${TTL_SECONDS} IN NS ${name}.`),
    ...glue.flatMap(({ name, addresses }) =>
      addresses.map((address) => `${name}. ${TTL_SECONDS} IN ${address.includes(':') ? 'AAAA' : 'A'} ${address}`),
    ),
  ];
}

/** The NS set and glue of an answer to `zone NS`, whether it is a referral or the zone's own; undefined: not delegated. */
export function delegationIn(answer: ObservedAnswer, zone: string): Delegation | undefined {
  const nameServers = [...answer.answers, ...answer.authority]
    .filter(({ name, type }) => type === TYPE.NS && name === zone)
    .map(({ value }) => value);
  if (nameServers.length === 0) return undefined;
  const glue = new Map<string, string[]>();
  for (const { name, type, value } of answer.additional) {
    if (type === TYPE.A || type === TYPE.AAAA) glue.set(name, [...(glue.get(name) ?? []), value]);
  }
  return { nameServers, glue };
}

/** Compares what each of the parent's name servers says with the configuration. */
export function checkDelegation(
  zone: string,
  expected: readonly ExpectedNameServer[],
  parents: readonly ParentAnswer[],
): readonly Finding[] {
  if (parents.every(({ observation }) => observation.kind === 'silence')) {
    const [first] = parents;
    const why =
      first?.observation.kind === 'silence' ? `: ${first.server}: ${first.observation.reason}` : ' could be found';
    return [
      new Verdict('delegation', zone).fail(
        `no name server of the parent zone${first ? ' answers' : ''}${why}`,
        'Check that this machine reaches the internet on port 53, or name one of the parent’s name servers with --parent ADDRESS.',
        ...linesToAdd(zone, expected),
      ),
    ];
  }
  return parents.flatMap(({ server, observation }) => checkParent(zone, expected, server, observation));
}

function checkParent(
  zone: string,
  expected: readonly ExpectedNameServer[],
  server: string,
  observation: Observation,
): readonly Finding[] {
  const verdict = new Verdict('delegation', `${zone} at ${server}`);
  if (observation.kind === 'silence') {
    const message = `this one of the parent’s name servers could not be asked: ${observation.reason}`;
    return [observation.isOurs ? verdict.skipped(message) : verdict.warn(message, OPEN_PARENT)];
  }
  const delegation = delegationIn(observation, zone);
  if (!delegation) {
    if (observation.rcode !== 0 && observation.rcode !== 3) {
      return [verdict.fail(`it answers ${rcodeName(observation.rcode)}`, OPEN_PARENT)];
    }
    return [verdict.fail('the zone is not delegated: there are no NS records for it', ...linesToAdd(zone, expected))];
  }
  const names = setDifference(
    expected.map(({ name }) => name),
    delegation.nameServers,
  );
  const findings = [
    names.missing.length === 0 && names.extra.length === 0
      ? verdict.ok(`NS ${delegation.nameServers.join(', ')}`)
      : verdict.fail(
          `the NS records differ from FLEETCERT_NAMESERVERS:${told('missing', names.missing)}${told('not ours', names.extra)}`,
          ...linesToAdd(zone, expected),
          ...names.extra.map((name) => `Remove from the parent zone: ${zone}. NS ${name}.`),
        ),
  ];
  const inZone = expected.filter(({ name }) => isAtOrBelow(name, zone) && delegation.nameServers.includes(name));
  if (inZone.length > 0) findings.push(checkGlue(zone, expected, inZone, server, delegation));
  return findings;
}

function checkGlue(
  zone: string,
  expected: readonly ExpectedNameServer[],
  inZone: readonly ExpectedNameServer[],
  server: string,
  delegation: Delegation,
): Finding {
  const verdict = new Verdict('glue', `${zone} at ${server}`);
  const wrong = inZone.flatMap(({ name, addresses }) => {
    const { missing, extra } = setDifference(addresses, delegation.glue.get(name) ?? []);
    return missing.length + extra.length === 0
      ? []
      : [`${name}:${told('missing', missing)}${told('not configured', extra)}`];
  });
  if (wrong.length === 0) return verdict.ok(inZone.flatMap(({ addresses }) => addresses).join(', '));
  return verdict.fail(
    `the glue differs from FLEETCERT_NAMESERVERS: ${wrong.join('; ')}`,
    ...linesToAdd(zone, expected),
    'If the parent is right and the configuration is not, correct FLEETCERT_NAMESERVERS and start the server again.',
  );
}

function linesToAdd(zone: string, expected: readonly ExpectedNameServer[]): readonly string[] {
  return [
    'The parent zone needs exactly these records:',
    ...delegationLines(zone, expected).map((line) => `  ${line}`),
  ];
}

function told(what: string, entries: readonly string[]): string {
  return entries.length === 0 ? '' : ` ${what} ${entries.join(', ')};`.replace(/;$/, '');
}
