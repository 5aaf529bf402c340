import { TYPE } from '../../domain/rr-type.js';
import { Verdict, type Finding } from './finding.js';
import { rcodeName, valuesAt, type Observation, type ObservedAnswer } from './observation.js';

/** A TXT RRset that the doctor made. */
export interface TestRecord {
  readonly name: string;
  readonly values: readonly string[];
}

/** What one server or resolver answered when asked for the test records. */
export interface TestRecordAnswers {
  readonly subject: string;
  readonly small: Observation;
  /** Over UDP, not asked again over TCP. */
  readonly largeUdp: Observation;
  readonly largeTcp: Observation;
  /** How long it was waited for. */
  readonly waitedSeconds: number;
}

/** Is every value of the RRset in the answer? */
export function hasRecord(observation: Observation, { name, values }: TestRecord): boolean {
  if (observation.kind === 'silence' || observation.rcode !== 0) return false;
  const seen = valuesAt(observation, name, TYPE.TXT);
  return values.every((value) => seen.includes(value));
}

/** Was the record that was made through the API seen at this name server, and is a large answer carried over TCP? */
export function checkTestRecord(
  small: TestRecord,
  large: TestRecord,
  { subject, waitedSeconds, ...seen }: TestRecordAnswers,
): readonly Finding[] {
  const verdict = new Verdict('test-record', subject);
  if (!hasRecord(seen.small, small)) {
    return [
      verdict.fail(
        `the TXT record that was made is not served after ${waitedSeconds} s: ${told(seen.small)}`,
        'Challenges would not be seen here either, and orders fail. If it is a secondary: check NOTIFY, its TSIG key and its log. If it is one of our servers: it must use the same database as the API that was called.',
      ),
    ];
  }
  return [
    verdict.ok('serves the TXT record made through the API'),
    checkLarge(new Verdict('large-answer', subject), large, seen.largeUdp, seen.largeTcp),
  ];
}

function checkLarge(verdict: Verdict, large: TestRecord, udp: Observation, tcp: Observation): Finding {
  if (!hasRecord(tcp, large)) {
    return verdict.fail(
      `an answer that takes TCP does not come: ${told(tcp)}`,
      'Open TCP port 53: several challenges at once, or a long CAA set, do not fit into a datagram.',
    );
  }
  if (udp.kind === 'answer' && udp.tc) return verdict.ok('sends TC over UDP, and the whole answer over TCP');
  if (udp.kind === 'answer' && udp.octets > 1232) {
    return verdict.warn(
      `sends ${udp.octets} octets in one datagram`,
      'Limit UDP answers to 1232 octets on this server (max-udp-size, max-udp-payload, ipv4-edns-size): fragments get lost.',
    );
  }
  return verdict.warn(`over UDP: ${told(udp)}`, 'Datagrams get lost on the way: try again.');
}

/** Does the resolver find the record? */
export function checkResolver(resolver: string, small: TestRecord, seen: Observation): Finding {
  return judgeResolver(resolver, 'the TXT record made through the API', hasRecord(seen, small), seen);
}

/** Does the resolver find the zone's SOA? What can be told when no record was made. */
export function checkResolverFindsZone(resolver: string, zone: string, seen: Observation): Finding {
  const isFound = seen.kind === 'answer' && seen.rcode === 0 && valuesAt(seen, zone, TYPE.SOA).length > 0;
  return judgeResolver(resolver, `the SOA record of ${zone}`, isFound, seen);
}

function judgeResolver(resolver: string, what: string, isFound: boolean, seen: Observation): Finding {
  const verdict = new Verdict('resolver', resolver);
  if (isFound) return verdict.ok(`finds ${what}`);
  const advice =
    seen.kind === 'answer' && seen.rcode === 3
      ? 'From the root down, the resolver does not come to our servers: see the findings about the delegation. After a change of the delegation, wait for the TTL of the parent’s old records.'
      : seen.kind === 'answer'
        ? 'The resolver could not get an answer that it trusts. Look for failing name servers above, and for a DS record in the parent zone although the zone is not signed.'
        : 'Check /etc/resolv.conf, or name a resolver with --resolver ADDRESS.';
  return verdict.fail(`does not find ${what}: ${told(seen)}`, advice);
}

function told(seen: Observation): string {
  if (seen.kind === 'silence') return seen.reason;
  return `${rcodeName(seen.rcode)} with ${countOf(seen)}`;
}

function countOf({ answers }: ObservedAnswer): string {
  return answers.length === 1 ? '1 record' : `${answers.length} records`;
}
