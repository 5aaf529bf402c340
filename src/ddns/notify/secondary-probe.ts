import { Injectable } from '@nestjs/common';
import type { Packet } from 'dns2';

import { presentName, type WireName } from '../domain/name.js';
import { TYPE } from '../domain/rr-type.js';
import { RCODE } from '../wire/message-codes.js';
import { askServer, DnsClientError } from '../wire/dns-client.js';

const TIMEOUT_MILLISECONDS = 1000;

/** Two, because a datagram may be lost. */
const ATTEMPTS = 2;

/** Where a secondary listens. */
export interface SecondaryAddress {
  /** Normalized text. */
  readonly address: string;
  readonly port: number;
}

/** Asks a secondary what it serves: twice, a second each. */
@Injectable()
export class SecondaryProbe {
  /** The SOA serial of a zone; undefined when it does not answer with authority. */
  async serial(apex: WireName, secondary: SecondaryAddress): Promise<number | undefined> {
    const answer = await this.#ask(apex, TYPE.SOA, secondary);
    if (!answer?.header.aa || answer.header.rcode !== RCODE.NOERROR) return undefined;
    const soa = answer.answers.find(({ type }) => type === TYPE.SOA);
    return typeof soa?.['serial'] === 'number' ? soa['serial'] : undefined;
  }

  /** The text of each TXT record of a name; undefined when it does not answer with authority. */
  async txt(name: WireName, secondary: SecondaryAddress): Promise<readonly string[] | undefined> {
    const answer = await this.#ask(name, TYPE.TXT, secondary);
    if (!answer?.header.aa) return undefined;
    if (answer.header.rcode === RCODE.NXDOMAIN) return [];
    if (answer.header.rcode !== RCODE.NOERROR) return undefined;
    return answer.answers.filter(({ type }) => type === TYPE.TXT).map(({ data }) => textOf(data));
  }

  async #ask(name: WireName, type: number, secondary: SecondaryAddress): Promise<Packet | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      try {
        return await askServer(secondary, { name: presentName(name), type }, TIMEOUT_MILLISECONDS);
      } catch (error) {
        if (!(error instanceof DnsClientError)) throw error;
      }
    }
    return undefined;
  }
}

/** dns2 gives a TXT of several strings as a list. */
function textOf(data: unknown): string {
  return Array.isArray(data) ? data.join('') : String(data);
}
