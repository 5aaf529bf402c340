import { Injectable } from '@nestjs/common';

import type { Exchange, MessageHook } from '../listeners/message-hook.js';
import { ServedZones } from '../store/served-zones.js';
import { Authenticator } from '../transfer/authentication.js';
import { refusal } from '../transfer/refusal.js';
import { OPCODE, RCODE } from '../wire/message-codes.js';
import type { Query } from '../wire/query.js';

/**
 * Nobody is a primary of ours: a NOTIFY is answered, so that it is not repeated, and nothing comes of it. REFUSED for a
 * zone of ours, NOTAUTH for others.
 */
@Injectable()
export class IncomingNotifyHook implements MessageHook {
  constructor(
    private readonly served: ServedZones,
    private readonly authenticator: Authenticator,
  ) {}

  wants({ opcode }: Query): boolean {
    return opcode === OPCODE.NOTIFY;
  }

  async handle(query: Query, exchange: Exchange): Promise<void> {
    const authentication = this.authenticator.authenticate(query);
    if ('answer' in authentication) return exchange.send(authentication.answer);
    const rcode = this.served.zones.get(query.qname) ? RCODE.REFUSED : RCODE.NOTAUTH;
    return exchange.send(authentication.sender.seal(refusal(query, rcode)));
  }
}
