import { TYPE } from '../../domain/rr-type.js';
import { Verdict, type Finding } from './finding.js';
import { rcodeName, serialOf, setDifference, valuesAt, type Observation, type ObservedAnswer } from './observation.js';

/** An option code for private use (RFC 6891 section 9): nobody knows it. */
export const UNKNOWN_OPTION = 65_001;
/** A type nobody has records of (RFC 6895 section 3.1: private use). */
export const UNUSED_TYPE = 65_399;
/** RFC 9715: what is larger may be cut into fragments, and lost. */
const MAX_UDP_OCTETS = 1232;
const RCODE = { NOERROR: 0, NXDOMAIN: 3, BADVERS: 16 } as const;

/** What one address of a name server answered. */
export interface NameServerObservations {
  /** `ns1.d.example.com (192.0.2.53)`. */
  readonly subject: string;
  /** SOA at the apex. */
  readonly udp: Observation;
  readonly tcp: Observation;
  /** NS at the apex. */
  readonly ns: Observation;
  /** A name that is not there. */
  readonly missingName: Observation;
  /** UNUSED_TYPE at the apex. */
  readonly missingType: Observation;
  /** SOA at the apex with EDNS version 1. */
  readonly nextVersion: Observation;
  /** SOA at the apex with UNKNOWN_OPTION. */
  readonly unknownOption: Observation;
  /** A name outside the zone. */
  readonly outOfZone: Observation;
  /** AXFR over TCP, unsigned. */
  readonly transfer: Observation;
}

/** Everything that one address of a name server is judged by alone. What does not answer gets that one finding. */
export function checkNameServer(
  zone: string,
  expectedNames: readonly string[],
  seen: NameServerObservations,
): readonly Finding[] {
  const reachable = checkReachable(seen);
  if (seen.udp.kind === 'silence') return [reachable];
  return [
    reachable,
    checkAuthority(zone, seen.subject, seen.udp),
    checkRecursion(seen.subject, seen.udp),
    checkNsSet(zone, expectedNames, seen),
    checkLetterCase(seen),
    checkEdns(seen),
    checkNegative(seen),
    checkOutOfZone(seen),
    checkTransfer(seen),
  ];
}

/** The serial that an answer to `apex SOA` has, when it has one with authority. */
export function authoritativeSerial(zone: string, observation: Observation): number | undefined {
  if (observation.kind === 'silence' || !observation.aa) return undefined;
  const [soa] = valuesAt(observation, zone, TYPE.SOA);
  return soa === undefined ? undefined : serialOf(soa);
}

function checkReachable({ subject, udp, tcp }: NameServerObservations): Finding {
  const verdict = new Verdict('reachable', subject);
  if (udp.kind === 'answer' && tcp.kind === 'answer') return verdict.ok('answers over UDP and TCP');
  const silences = [
    udp.kind === 'silence' ? `UDP: ${udp.reason}` : undefined,
    tcp.kind === 'silence' ? `TCP: ${tcp.reason}` : undefined,
  ].filter((text) => text !== undefined);
  const message = `no answer over ${silences.join('; ')}`;
  if ([udp, tcp].every((seen) => seen.kind === 'answer' || seen.isOurs)) {
    return verdict.skipped(message, 'This machine has no way there: run the doctor from one that has, too.');
  }
  const transports = silences.length === 2 ? 'UDP and TCP' : silences[0]!.slice(0, 3);
  return verdict.fail(
    message,
    `Open port 53 for ${transports} to this address from everywhere (the CA looks names up from many places, and often over TCP), and check that FLEETCERT_DNS_LISTEN covers it.`,
    'If the address is not in use any more, take it out of FLEETCERT_NAMESERVERS and out of the parent zone.',
  );
}

function checkAuthority(zone: string, subject: string, answer: ObservedAnswer): Finding {
  const verdict = new Verdict('authority', subject);
  const advice = [
    `This server does not serve ${zone} (a lame delegation). If it is ours, check FLEETCERT_ZONES there; if it is a secondary, add the zone to it and check that its transfers succeed (GET /v1/zones/${zone}/secondaries).`,
    'If it is not ours, take it out of the parent zone.',
  ];
  if (answer.rcode !== RCODE.NOERROR) {
    return verdict.fail(`it answers ${rcodeName(answer.rcode)} to ${zone} SOA`, ...advice);
  }
  if (valuesAt(answer, zone, TYPE.SOA).length === 0) return verdict.fail(`it has no SOA record of ${zone}`, ...advice);
  if (!answer.aa) return verdict.fail('its answer is not authoritative: the AA bit is not set', ...advice);
  return verdict.ok('answers with authority (AA)');
}

function checkRecursion(subject: string, answer: ObservedAnswer): Finding {
  const verdict = new Verdict('recursion', subject);
  return answer.ra
    ? verdict.fail(
        'it offers recursion: the RA bit is set',
        'Turn recursion off on this server, or put the authoritative server on an address of its own: an open resolver is abused for attacks.',
      )
    : verdict.ok('offers no recursion (RA clear)');
}

function checkNsSet(zone: string, expected: readonly string[], { subject, ns }: NameServerObservations): Finding {
  const verdict = new Verdict('ns-set', subject);
  if (ns.kind === 'silence') return unanswered(verdict, ns.reason);
  const seen = valuesAt(ns, zone, TYPE.NS);
  const { missing, extra } = setDifference(expected, seen);
  if (missing.length + extra.length === 0) return verdict.ok(`NS ${seen.join(', ')}`);
  const parts = [
    missing.length > 0 ? `without ${missing.join(', ')}` : '',
    extra.length > 0 ? `with ${extra.join(', ')}, which FLEETCERT_NAMESERVERS here does not name` : '',
  ];
  return verdict.fail(
    `it serves other NS records: ${parts.filter((part) => part !== '').join(', and ')}`,
    'Give all servers of the zone the same FLEETCERT_NAMESERVERS, and start them again; run the doctor with that configuration. A secondary follows by itself, unless its transfers fail.',
  );
}

function checkLetterCase({ subject, udp, tcp }: NameServerObservations): Finding {
  const verdict = new Verdict('letter-case', subject);
  const isLost = [udp, tcp].some((seen) => seen.kind === 'answer' && !seen.caseKept);
  return isLost
    ? verdict.fail(
        'the answer spells the question in other letters (0x20)',
        'The CA’s resolvers ask in random letter case and drop such answers. Something between us and the server changes names: a DNS proxy, a firewall with DNS inspection, a load balancer. Take it out of the way.',
      )
    : verdict.ok('keeps the question’s letter case (0x20)');
}

function checkEdns({ subject, nextVersion, unknownOption }: NameServerObservations): Finding {
  const verdict = new Verdict('edns', subject);
  const faults: string[] = [];
  if (unknownOption.kind === 'silence') faults.push(`an unknown option gets no answer (${unknownOption.reason})`);
  else {
    if (unknownOption.rcode !== RCODE.NOERROR) {
      faults.push(`an unknown option gets ${rcodeName(unknownOption.rcode)}`);
    }
    if (!unknownOption.edns) faults.push('the answer has no OPT record');
    if (unknownOption.edns?.optionCodes.includes(UNKNOWN_OPTION)) faults.push('an unknown option is sent back');
    if (unknownOption.octets > MAX_UDP_OCTETS) faults.push(`a UDP answer has ${unknownOption.octets} octets`);
  }
  if (nextVersion.kind === 'silence') faults.push(`EDNS version 1 gets no answer (${nextVersion.reason})`);
  else if (nextVersion.rcode !== RCODE.BADVERS) {
    faults.push(`EDNS version 1 gets ${rcodeName(nextVersion.rcode)} and not BADVERS`);
  }
  if (faults.length === 0) return verdict.ok('EDNS as in RFC 6891');
  return verdict.fail(
    faults.join('; '),
    'Update this name server, or take away the firewall or proxy before it that interferes with EDNS (RFC 8906).',
  );
}

function checkNegative({ subject, missingName, missingType }: NameServerObservations): Finding {
  const verdict = new Verdict('negative-answers', subject);
  const faults = [
    negativeFault('a name that is not there', missingName, [RCODE.NXDOMAIN]),
    negativeFault('a type that is not there', missingType, [RCODE.NOERROR]),
  ].filter((fault) => fault !== undefined);
  if (faults.length === 0) return verdict.ok('NXDOMAIN and NODATA carry the SOA');
  return verdict.fail(
    faults.join('; '),
    'The CA’s resolvers take a negative answer without SOA or AA for a failure, and refuse to issue: serve the zone by fleetcert or a current secondary, with nothing in between, and have no wildcard at the apex.',
  );
}

function negativeFault(what: string, seen: Observation, rcodes: readonly number[]): string | undefined {
  if (seen.kind === 'silence') return `${what} gets no answer (${seen.reason})`;
  if (!rcodes.includes(seen.rcode)) return `${what} gets ${rcodeName(seen.rcode)}`;
  if (seen.answers.length > 0) return `${what} gets records`;
  if (!seen.aa) return `${what} gets an answer without AA`;
  return seen.authority.some(({ type }) => type === TYPE.SOA) ? undefined : `${what} gets an answer without the SOA`;
}

function checkOutOfZone({ subject, outOfZone }: NameServerObservations): Finding {
  const verdict = new Verdict('out-of-zone', subject);
  // Silence is as good: nothing outside the zone is answered.
  if (outOfZone.kind === 'silence') return verdict.ok('answers nothing outside its zones');
  const records = outOfZone.answers.length;
  if (records === 0 && !outOfZone.aa && outOfZone.rcode !== RCODE.NOERROR && outOfZone.rcode !== RCODE.NXDOMAIN) {
    return verdict.ok(`answers ${rcodeName(outOfZone.rcode)} outside its zones`);
  }
  return verdict.warn(
    `it answers ${rcodeName(outOfZone.rcode)} with ${records} records to a name outside the zone`,
    'Turn recursion and root referrals off on this server: they are abused for attacks.',
  );
}

function checkTransfer({ subject, transfer }: NameServerObservations): Finding {
  const verdict = new Verdict('transfer', subject);
  const isOpen = transfer.kind === 'answer' && transfer.rcode === RCODE.NOERROR && transfer.answers.length > 0;
  return isOpen
    ? verdict.fail(
        'it hands the whole zone to anybody (AXFR without a key)',
        'Every device’s name and address can be read there. Allow transfers from this server to its own secondaries only, with TSIG keys.',
      )
    : verdict.ok('refuses AXFR without a key');
}

function unanswered(verdict: Verdict, reason: string): Finding {
  return verdict.warn(`no answer to this question: ${reason}`, 'Datagrams get lost on the way: try again.');
}
