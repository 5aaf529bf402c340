import { isAtOrBelow } from '../../../kernel/domain-name.js';
import { addressFamily } from '../../../kernel/ip-address.js';

export interface DelegatedTo {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** What the parent zone's administrator enters, in presentation format: NS records, and glue for names inside the zone. */
export function delegationLines(zone: string, nameServers: readonly DelegatedTo[]): string[] {
  const ns = nameServers.map(({ name }) => `${zone}. 3600 IN NS ${name}.`);
  const glue = nameServers
    .filter(({ name }) => isAtOrBelow(name, zone))
    .flatMap(({ name, addresses }) =>
      addresses.map((address) => `${name}. 3600 IN ${addressFamily(address) === 4 ? 'A' : 'AAAA'} ${address}`),
    );
  return [...ns, ...glue];
}
