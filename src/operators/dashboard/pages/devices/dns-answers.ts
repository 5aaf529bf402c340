import { Inject, Injectable } from '@nestjs/common';

import { synthesizedAddresses } from '../../../../ddns/answering/synthesized-addresses.js';
import { labelOfAddress } from '../../../../ddns/domain/ip-name.js';
import { lookup } from '../../../../ddns/domain/lookup.js';
import type { ResultKind } from '../../../../ddns/domain/lookup-result.js';
import { wireName } from '../../../../ddns/domain/name.js';
import { TYPE, typeName } from '../../../../ddns/domain/rr-type.js';
import { ServedZones } from '../../../../ddns/store/served-zones.js';
import { formatRdata } from '../../../../ddns/wire/rdata-text.js';
import { addressFamily } from '../../../../kernel/ip-address.js';
import { APP_CONFIG, type AppConfig } from '../../../../platform/config/app-config.js';

/** One question, and what this server's DNS answers to it at this moment. */
export interface DnsAnswer {
  readonly name: string;
  readonly type: string;
  /** `not-served`: the zone is not in memory (yet). */
  readonly kind: ResultKind | 'not-served';
  readonly records: readonly { readonly ttl: number; readonly value: string }[];
}

interface AskedDevice {
  readonly name: string;
  readonly zone: string;
  readonly aliases: readonly string[];
  readonly wildcard: boolean;
  readonly addresses: readonly string[];
}

/** IP-encoded names that are asked for. */
const MOST_ENCODED = 4;

/** Asks the zones in memory, as the listeners do. */
@Injectable()
export class DnsAnswers {
  constructor(
    private readonly served: ServedZones,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** The names of a device that somebody may ask for. */
  ofDevice({ name, zone, aliases, wildcard, addresses }: AskedDevice): DnsAnswer[] {
    const encoded = this.config.dns.ipNames === 'off' ? [] : addresses.slice(0, MOST_ENCODED);
    return [
      this.ask(name, TYPE.A),
      this.ask(name, TYPE.AAAA),
      ...aliases.flatMap((label) => [this.ask(`${label}.${zone}`, TYPE.A), this.ask(`${label}.${zone}`, TYPE.AAAA)]),
      ...encoded.map((address) =>
        this.ask(`${labelOfAddress(address)}.${name}`, addressFamily(address) === 4 ? TYPE.A : TYPE.AAAA),
      ),
      ...(wildcard ? [this.ask(`*.${name}`, TYPE.A), this.ask(`*.${name}`, TYPE.AAAA)] : []),
      this.ask(`_acme-challenge.${name}`, TYPE.TXT),
    ];
  }

  ask(name: string, type: number): DnsAnswer {
    const question = { name, type: typeName(type) };
    const wire = wireName(name);
    const zone = wire === undefined ? undefined : this.served.zones.closest(wire);
    if (wire === undefined || zone?.soa === undefined) return { ...question, kind: 'not-served', records: [] };
    const { kind, answer } = lookup(zone, wire, type, synthesizedAddresses(this.config));
    const records = answer.flatMap(({ rrset }) =>
      rrset.rdatas().map((rdata) => ({ ttl: rrset.ttl, value: formatRdata(rrset.type, rdata) })),
    );
    return { ...question, kind, records };
  }
}
