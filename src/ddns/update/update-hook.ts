import { Injectable } from '@nestjs/common';

import { TYPE } from '../domain/rr-type.js';
import type { Exchange, MessageHook } from '../listeners/message-hook.js';
import { ServedZones } from '../store/served-zones.js';
import { Authenticator } from '../transfer/authentication.js';
import { refusal } from '../transfer/refusal.js';
import { OPCODE, RCODE } from '../wire/message-codes.js';
import type { Query } from '../wire/query.js';
import { readMessage, type WireMessage } from '../wire/rr-reader.js';
import { WireFormatError } from '../wire/rr-reader-error.js';
import { AppliedUpdates } from './applied-updates.js';
import { updateRcodeNumber } from './update-rcode.js';
import { ZoneUpdates } from './zone-updates.js';

/** Answers UPDATE (RFC 2136): for holders of a device's key only. An unsigned one is refused before it is read. */
@Injectable()
export class UpdateHook implements MessageHook {
  constructor(
    private readonly served: ServedZones,
    private readonly updates: ZoneUpdates,
    private readonly applied: AppliedUpdates,
    private readonly authenticator: Authenticator,
  ) {}

  wants({ opcode }: Query): boolean {
    return opcode === OPCODE.UPDATE;
  }

  async handle(query: Query, exchange: Exchange): Promise<void> {
    const authentication = this.authenticator.authenticate(query);
    if ('answer' in authentication) return exchange.send(authentication.answer);
    const { sender } = authentication;
    const answer = (rcode: number): Promise<void> => exchange.send(sender.seal(refusal(query, rcode)));

    // The zone section (RFC 2136 section 3.1). The accept filter has seen that it has one entry, of class IN.
    if (query.qtype !== TYPE.SOA) return answer(RCODE.FORMERR);
    const zone = this.served.zones.get(query.qname);
    if (!zone) return answer(RCODE.NOTAUTH);
    const { peer, request } = sender;
    if (!request || !peer?.grant || peer.deviceId === undefined || peer.zone !== zone.apex)
      return answer(RCODE.REFUSED);
    const message = wholeMessage(query);
    if (!message) return answer(RCODE.FORMERR);

    const wanted = { prerequisites: message.answers, updates: message.authority };
    const updater = { deviceId: peer.deviceId, grant: peer.grant };
    const rcode = await this.applied.once(request, () => this.updates.apply(zone.apex, wanted, updater));
    return answer(updateRcodeNumber(rcode));
  }
}

function wholeMessage({ message }: Query): WireMessage | undefined {
  try {
    return readMessage(message);
  } catch (error) {
    if (error instanceof WireFormatError) return undefined;
    throw error;
  }
}
