import { TYPE } from '../../domain/rr-type.js';
import { Verdict, type Finding } from './finding.js';
import { rcodeName, type Observation } from './observation.js';
import { rebindingExceptions } from './rebinding-exceptions.js';

/** What a resolver answered when asked for a name with a private address. */
export interface RebindingAnswer {
  readonly resolver: string;
  readonly zone: string;
  readonly address: string;
  readonly observation: Observation;
  /** The same resolver finds other records of the zone. */
  readonly findsZone: boolean;
}

/** Does the resolver hand on a private address of our zone? */
export function checkRebinding({ resolver, zone, address, observation, findsZone }: RebindingAnswer): Finding {
  const verdict = new Verdict('rebinding', resolver);
  if (observation.kind === 'answer') {
    const isThere = observation.answers.some(({ type, value }) => type === TYPE.A && value === address);
    if (isThere) return verdict.ok(`hands on private addresses (${address})`);
  }
  if (!findsZone) return verdict.skipped('not looked at: this resolver does not find the zone at all');
  if (observation.kind === 'silence') {
    return verdict.fail(`no answer with the private address ${address}: ${observation.reason}`, ...exceptions(zone));
  }
  const instead = observation.answers.filter(({ type }) => type === TYPE.A).map(({ value }) => value);
  const got = instead.length > 0 ? instead.join(', ') : `${rcodeName(observation.rcode)} without an address`;
  return verdict.fail(
    `filters private addresses: ${got} and not ${address} (rebinding protection); browsers behind it do not find the devices`,
    ...exceptions(zone),
  );
}

function exceptions(zone: string): readonly string[] {
  return [
    `Make an exception for ${zone} on the resolver:`,
    ...rebindingExceptions(zone).flatMap(({ product, where, lines }) => [
      `  ${product}: ${where}${lines.length > 0 ? ':' : '.'}`,
      ...lines.map((line) => `      ${line}`),
    ]),
  ];
}
