import type { WireName } from '../domain/name.js';
import { TYPE } from '../domain/rr-type.js';
import { FLAG, OPCODE, RCODE } from '../wire/message-codes.js';
import { answeredSerial, probeMessage, rcodeOf, readPeerAnswer } from './notify-message.js';
import type { PeerAddress, PeerSocket } from './peer-socket.js';

const ATTEMPTS = 2;
const TIMEOUT_MILLISECONDS = 1000;

/** Asks a secondary what it serves: two tries of a second each. */
export class SecondaryProbe {
  constructor(private readonly socket: PeerSocket) {}

  /** The SOA serial of a zone; undefined when it does not answer with authority. */
  async serial(apex: WireName, peer: PeerAddress): Promise<number | undefined> {
    const answer = await this.#ask(apex, TYPE.SOA, peer);
    return answer && answeredSerial(answer, apex);
  }

  /** The RDATA of each TXT record of a name, one character an octet; undefined when it does not answer with authority. */
  async txt(name: WireName, peer: PeerAddress): Promise<readonly string[] | undefined> {
    const answer = await this.#ask(name, TYPE.TXT, peer);
    if (!answer || (answer.flags & FLAG.AA) === 0) return undefined;
    if (rcodeOf(answer) === RCODE.NXDOMAIN) return [];
    if (rcodeOf(answer) !== RCODE.NOERROR) return undefined;
    return answer.answers
      .filter((record) => record.name === name && record.type === TYPE.TXT)
      .map(({ rdata }) => rdata.toString('latin1'));
  }

  async #ask(name: WireName, type: number, peer: PeerAddress): Promise<ReturnType<typeof readPeerAnswer>> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const answer = await this.socket.ask(
        peer,
        (id) => probeMessage(id, name, type),
        (message) => readPeerAnswer(message, OPCODE.QUERY, name, type) !== undefined,
        TIMEOUT_MILLISECONDS,
      );
      if (answer) return readPeerAnswer(answer, OPCODE.QUERY, name, type);
    }
    return undefined;
  }
}
