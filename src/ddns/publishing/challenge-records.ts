import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { closestZone } from '../../kernel/domain-name.js';
import { DomainError } from '../../kernel/errors.js';
import { addChallenge, removeChallenges } from '../domain/challenge-edit.js';
import { wireName } from '../domain/name.js';
import { orderIdOf, orderOwner } from '../domain/stored-rrset.js';
import { formatListenAddress } from '../listeners/listen-error.js';
import { SecondaryGate } from '../notify/secondary-gate.js';
import { PRESENCE_SECONDS } from '../siblings/served-report.js';
import { SiblingGate } from '../siblings/sibling-gate.js';
import { ServedZones } from '../store/served-zones.js';
import { ZoneWriter } from '../store/zone-writer.js';
import { txtRdata } from '../wire/character-strings.js';
import { ListenerProbe } from './listener-probe.js';

/** NOTIFY and a transfer take well under a second; one that takes longer is asked again with the order's next attempt. */
const SECONDARY_MILLISECONDS = 15_000;
/** Longer than a server that is gone is taken for present. */
const SIBLING_MILLISECONDS = (PRESENCE_SECONDS + 5) * 1000;
const SECONDS_TO_RETRY = 60;

export interface Challenge {
  /** `_acme-challenge.k2v7….fleet.test` */
  readonly name: string;
  /** base64url(SHA-256(key authorization)), RFC 8555 section 8.4. */
  readonly value: string;
  /** Who takes it out again. */
  readonly orderId: string;
}

/** The TXT records that dns-01 challenges ask for: any number a name, each owned by its order. */
@Injectable()
export class ChallengeRecords {
  constructor(
    private readonly writer: ZoneWriter,
    private readonly served: ServedZones,
    private readonly probe: ListenerProbe,
    private readonly secondaries: SecondaryGate,
    private readonly siblings: SiblingGate,
    private readonly dataSource: DataSource,
  ) {}

  /**
   * Adds the value; this server's DNS serves it when this resolves. The same call again changes nothing.
   * @throws DomainError `unknown_zone`, `invalid_request`, `conflict`, `record_rejected`, `unavailable`
   */
  async publish({ name: text, value, orderId }: Challenge): Promise<void> {
    const zone = closestZone(text, this.served.names());
    const name = wireName(text);
    if (name === undefined) throw new DomainError('invalid_request', `${JSON.stringify(text)} is not a domain name.`);
    if (zone === undefined) throw new DomainError('unknown_zone', `${text} is in none of this server's zones.`);
    const record = { rdata: txtRdata(value), owner: orderOwner(orderId) };
    await this.writer.commit({ zone, scope: { names: [name] }, edit: (edit) => addChallenge(edit, name, record) });
  }

  /** Takes out every value that the order has published, in all zones. @throws DomainError `unavailable` */
  async withdraw({ orderId }: { readonly orderId: string }): Promise<void> {
    const owner = orderOwner(orderId);
    await Promise.all((await this.#zonesOf([owner])).map((zone) => this.#remove(zone, owner)));
  }

  /**
   * Takes out the values of orders that are over: what a crash left behind.
   * @param stillOpen of these order ids, those whose values have to stay.
   * @returns the ids of the orders whose values were taken out.
   */
  async withdrawStale(stillOpen: (orderIds: readonly string[]) => Promise<ReadonlySet<string>>): Promise<string[]> {
    const rows: { owner: string }[] = await this.dataSource.query(
      `SELECT DISTINCT owner FROM rrsets CROSS JOIN unnest(owners) AS owner WHERE type = 16 AND owner LIKE 'order:%'`,
    );
    const orderIds = rows.map(({ owner }) => orderIdOf(owner)).filter((id) => id !== undefined);
    if (orderIds.length === 0) return [];
    const open = await stillOpen(orderIds);
    const stale = orderIds.filter((orderId) => !open.has(orderId));
    await Promise.all(stale.map((orderId) => this.withdraw({ orderId })));
    return stale;
  }

  /**
   * Asks each of this server's listeners over a real socket for the TXT records, by UDP and, when that is truncated, by
   * TCP. Then waits until every other server on the database, and every secondary of the zone, serves the value as well:
   * the CA asks any of them, and one failed validation kills the authorization.
   * @throws DomainError `unavailable`, which says what was asked where and what came back.
   */
  async confirmServed(name: string, value: string): Promise<void> {
    await this.probe.confirmTxt(name, value);
    const zone = closestZone(name, this.served.names());
    if (zone === undefined) return;
    // What our listeners have just answered is in the memory's serial, or in one before it.
    const serial = this.served.zone(zone)?.serial ?? 0;
    const [siblings, secondaries] = await Promise.all([
      this.siblings.waitForSerial(zone, serial, SIBLING_MILLISECONDS),
      this.secondaries.waitForTxt(zone, name, [value], SECONDARY_MILLISECONDS),
    ]);
    if (siblings.length > 0) {
      throw notServed(
        `The server ${siblings.join(', ')} does not serve serial ${serial} of ${zone} yet: see whether it reaches the database.`,
      );
    }
    if (secondaries.length > 0) {
      const where = secondaries.map(formatListenAddress).join(', ');
      throw notServed(
        `The secondary on ${where} does not serve the TXT value of ${name} yet: see whether it gets NOTIFY and may transfer the zone.`,
      );
    }
  }

  async #zonesOf(owners: readonly string[]): Promise<string[]> {
    const rows: { zone: string }[] = await this.dataSource.query(
      `SELECT DISTINCT zone FROM rrsets WHERE type = 16 AND owners && $1::text[]`,
      [owners],
    );
    return rows.map(({ zone }) => zone);
  }

  async #remove(zone: string, owner: string): Promise<void> {
    await this.writer.commit({ zone, scope: { txtOwners: [owner] }, edit: (edit) => removeChallenges(edit, owner) });
  }
}

function notServed(detail: string): DomainError {
  return new DomainError('unavailable', detail, { retryAfterSeconds: SECONDS_TO_RETRY });
}
