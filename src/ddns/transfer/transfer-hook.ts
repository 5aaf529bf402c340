import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

import { Injectable, Logger } from '@nestjs/common';

import { presentName } from '../domain/name.js';
import type { OwnedRrset } from '../domain/rrset.js';
import { TYPE } from '../domain/rr-type.js';
import { isSerialAfter } from '../domain/serial.js';
import { parseSoa } from '../domain/soa.js';
import type { Zone } from '../domain/zone.js';
import type { ZoneDiff } from '../domain/zone-diff.js';
import { ZoneJournal } from '../journal/zone-journal.js';
import type { Exchange, MessageHook } from '../listeners/message-hook.js';
import { ServedZones } from '../store/served-zones.js';
import { OPCODE, RCODE } from '../wire/message-codes.js';
import type { Query } from '../wire/query.js';
import { readMessage } from '../wire/rr-reader.js';
import { WireFormatError } from '../wire/rr-reader-error.js';
import { Authenticator, type Sender } from './authentication.js';
import { DiffCondenser } from './domain/diff-condenser.js';
import { fullTransfer, incrementalTransfer } from './domain/transfer-records.js';
import { refusal } from './refusal.js';
import { mayTransfer } from './transfer-acl.js';
import { transferMessages } from './transfer-messages.js';
import { ZonePeers } from './zone-peers.js';

/**
 * A pause after each message of a transfer. It costs a large zone a second, and keeps this process one that mostly
 * sleeps: where there are more programs than processors, only such a one is woken at once when a query comes.
 */
const PAUSE_MILLISECONDS = 1;

/** Transfers at once, in all: each holds a list of the zone's names. */
const MAX_TRANSFERS = 16;

/** Answers AXFR (RFC 5936) and IXFR (RFC 1995). */
@Injectable()
export class TransferHook implements MessageHook {
  private readonly logger = new Logger(TransferHook.name);
  #transfers = 0;

  constructor(
    private readonly served: ServedZones,
    private readonly journal: ZoneJournal,
    private readonly peers: ZonePeers,
    private readonly authenticator: Authenticator,
  ) {}

  wants({ opcode, qtype }: Query): boolean {
    return opcode === OPCODE.QUERY && (qtype === TYPE.AXFR || qtype === TYPE.IXFR);
  }

  async handle(query: Query, exchange: Exchange): Promise<void> {
    const authentication = this.authenticator.authenticate(query);
    if ('answer' in authentication) return exchange.send(authentication.answer);
    const { sender } = authentication;
    const refuse = (rcode: number): Promise<void> => exchange.send(sender.seal(refusal(query, rcode)));

    const zone = this.served.zones.get(query.qname);
    if (!zone) return refuse(RCODE.NOTAUTH);
    if (!mayTransfer(zone.apex, exchange.source.address, sender.peer, this.peers.secondaries(zone.apex))) {
      return refuse(RCODE.REFUSED);
    }
    if (!zone.soa || zone.serial === undefined) return refuse(RCODE.SERVFAIL);
    // A zone does not fit a datagram; RFC 5936 section 4.2 leaves AXFR over UDP undefined.
    if (query.qtype === TYPE.AXFR && exchange.transport === 'udp') return refuse(RCODE.FORMERR);

    let clientSerial: number | undefined;
    if (query.qtype === TYPE.IXFR) {
      clientSerial = serialOfClient(query);
      if (clientSerial === undefined) return refuse(RCODE.FORMERR);
      const isCurrent = clientSerial === zone.serial || isSerialAfter(clientSerial, zone.serial);
      // RFC 1995 section 2: the SOA alone says "you are current" or, over UDP, "come over TCP".
      if (isCurrent || exchange.transport === 'udp') {
        const soa = [{ owner: zone.apex, rrset: zone.soa }];
        return this.#send(query, exchange, sender, soa);
      }
    }
    if (this.#transfers >= MAX_TRANSFERS) {
      this.logger.warn(`a transfer of ${presentName(zone.apex)} has to wait: ${MAX_TRANSFERS} are under way`);
      return refuse(RCODE.SERVFAIL);
    }
    this.#transfers += 1;
    try {
      await this.#transfer(zone, zone.serial, clientSerial, query, exchange, sender);
    } finally {
      this.#transfers -= 1;
    }
  }

  async #transfer(
    zone: Zone,
    serial: number,
    clientSerial: number | undefined,
    query: Query,
    exchange: Exchange,
    sender: Sender,
  ): Promise<void> {
    const changes = clientSerial === undefined ? undefined : await this.#changesSince(zone, clientSerial, serial);
    if (changes) return this.#send(query, exchange, sender, incrementalTransfer([changes]));
    const snapshot = zone.openSnapshot();
    try {
      await this.#send(query, exchange, sender, fullTransfer(snapshot));
    } finally {
      snapshot.close();
    }
  }

  /** One change from the client's serial to ours, or undefined when the whole zone has to be sent. */
  async #changesSince(zone: Zone, clientSerial: number, serial: number): Promise<ZoneDiff | undefined> {
    const name = presentName(zone.apex);
    const condenser = new DiffCondenser(zone.apex);
    while (condenser.serial !== serial) {
      const page = await this.journal.after(name, condenser.serial ?? clientSerial);
      // The journal may be ahead of this server's memory, but it leads through the serial that is served here.
      if (!page || page.length === 0) return undefined;
      for (const diff of page) {
        condenser.add(diff);
        if (diff.serial === serial) break;
      }
      // By now the whole zone is less.
      if (condenser.records > zone.names) return undefined;
      await nextTurn();
    }
    return condenser.diff();
  }

  /** Sends the records, message by message; queries are answered in between. Ends without a word when the client goes. */
  async #send(query: Query, exchange: Exchange, sender: Sender, records: Iterable<OwnedRrset>): Promise<void> {
    for (const message of transferMessages(query, records, sender.sealOctets)) {
      try {
        await exchange.send(sender.seal(message));
      } catch {
        this.logger.debug(`${exchange.source.address} went away during a transfer of ${presentName(query.qname)}`);
        return;
      }
      await sleep(PAUSE_MILLISECONDS);
    }
  }
}

/** The serial in the SOA that an IXFR query carries in its authority section (RFC 1995 section 3). */
function serialOfClient({ message, qname }: Query): number | undefined {
  try {
    const soa = readMessage(message).authority.find(({ name, type }) => name === qname && type === TYPE.SOA);
    return soa && parseSoa(soa.rdata).serial;
  } catch (error) {
    if (error instanceof WireFormatError) return undefined;
    throw error;
  }
}
