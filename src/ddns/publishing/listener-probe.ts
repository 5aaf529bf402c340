import { Injectable } from '@nestjs/common';

import { DomainError } from '../../kernel/errors.js';
import type { ListenAddress } from '../../platform/config/app-config.js';
import { TYPE } from '../domain/rr-type.js';
import { BoundListeners } from '../listeners/bound-listeners.js';
import { formatListenAddress } from '../listeners/listen-error.js';
import { askServer, DnsClientError } from '../wire/dns-client.js';

/** Our own listeners are near; what takes longer is not served. */
const TIMEOUT_MILLISECONDS = 2_000;
const SECONDS_TO_RETRY = 5;

/** Asks this server's own listeners, over real sockets, what they serve. */
@Injectable()
export class ListenerProbe {
  constructor(private readonly listeners: BoundListeners) {}

  /** @throws DomainError `unavailable`, unless every listener answers the TXT value for the name. */
  async confirmTxt(name: string, value: string): Promise<void> {
    const { addresses } = this.listeners;
    if (addresses.length === 0) throw refused('DNS does not listen anywhere yet.');
    await Promise.all(addresses.map((address) => this.#confirm(address, name, value)));
  }

  async #confirm(listen: ListenAddress, name: string, value: string): Promise<void> {
    const where = formatListenAddress(listen);
    try {
      const { header, answers } = await askServer(reachable(listen), { name, type: TYPE.TXT }, TIMEOUT_MILLISECONDS);
      const texts = answers.map(({ data }) => (Array.isArray(data) ? data.join('') : undefined));
      if (header.rcode === 0 && header.aa && texts.includes(value)) return;
      throw refused(
        `DNS on ${where} does not serve the TXT value of ${name}: RCODE ${header.rcode} and ${texts.length} other values.`,
      );
    } catch (error) {
      if (!(error instanceof DnsClientError)) throw error;
      throw refused(`DNS on ${where} was asked for the TXT records of ${name}: ${error.message}.`, error);
    }
  }
}

/** Where to reach a listener that is bound to all addresses. */
function reachable({ address, port }: ListenAddress): ListenAddress {
  if (address === '0.0.0.0') return { address: '127.0.0.1', port };
  return /^[0:]+$/.test(address) ? { address: '::1', port } : { address, port };
}

function refused(detail: string, cause?: unknown): DomainError {
  return new DomainError('unavailable', detail, { retryAfterSeconds: SECONDS_TO_RETRY, cause });
}
