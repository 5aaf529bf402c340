import { Injectable } from '@nestjs/common';

import { lookup } from '../ddns/domain/lookup.js';
import { wireName } from '../ddns/domain/name.js';
import { TYPE } from '../ddns/domain/rr-type.js';
import { ServedZones } from '../ddns/store/served-zones.js';
import type { ApiName } from './domain/api-name.js';

/** Do devices find the API by its name? Its addresses are an operator's to publish. */
@Injectable()
export class ApiAddress {
  constructor(private readonly served: ServedZones) {}

  /** What to do when our DNS has no address for the name; undefined when it has, or it is not ours to know. */
  hint({ host, zone }: ApiName): string | undefined {
    const name = wireName(host);
    const served = zone === undefined ? undefined : this.served.zone(zone);
    if (name === undefined || served?.soa === undefined) return undefined;
    // An alias, or a delegation to somebody else's servers, may lead to one.
    const kinds = [TYPE.A, TYPE.AAAA].map((type) => lookup(served, name, type).kind);
    if (kinds.some((kind) => kind === 'answer' || kind === 'referral')) return undefined;
    const relative = host === zone ? '@' : host.slice(0, -zone!.length - 1);
    return (
      `${host} has no address in the zone yet, so devices do not find it: ` +
      `PUT /v1/zones/${zone}/records {"name": "${relative}", "type": "A", "ttl": 300, "values": ["<address>"]} gives it one`
    );
  }
}
