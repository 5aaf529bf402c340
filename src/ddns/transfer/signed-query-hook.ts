import { AnswerEngine } from '../answering/answer-engine.js';
import { TYPE } from '../domain/rr-type.js';
import type { Exchange, MessageHook } from '../listeners/message-hook.js';
import { MAX_TCP_OCTETS, OPCODE } from '../wire/message-codes.js';
import type { Query } from '../wire/query.js';
import { Authenticator } from './authentication.js';

/**
 * Answers ordinary queries that are signed: secondaries with a key ask for the SOA so. The signature gives no right to
 * see more; it only makes the answer signed.
 */
export class SignedQueryHook implements MessageHook {
  constructor(
    private readonly engine: AnswerEngine,
    private readonly authenticator: Authenticator,
  ) {}

  wants({ opcode, qtype, tsigOffset }: Query): boolean {
    return opcode === OPCODE.QUERY && tsigOffset > 0 && qtype !== TYPE.AXFR && qtype !== TYPE.IXFR;
  }

  async handle(query: Query, exchange: Exchange): Promise<void> {
    const authentication = this.authenticator.authenticate(query);
    if ('answer' in authentication) return exchange.send(authentication.answer);
    const { sender } = authentication;
    const limit = exchange.transport === 'udp' ? query.maxUdpOctets : MAX_TCP_OCTETS;
    // From here on it is a query like any other; a cookie of an earlier one is not for this client.
    query.tsigOffset = 0;
    this.engine.setCookie(Buffer.alloc(0));
    const octets = this.engine.answer(query, limit - sender.sealOctets);
    return exchange.send(sender.seal(Buffer.from(this.engine.octets.subarray(0, octets))));
  }
}
