import { Injectable } from '@nestjs/common';

import { addChallenge, CHALLENGE_TTL_SECONDS, removeChallenges } from '../ddns/domain/challenge-edit.js';
import { wireName, type WireName } from '../ddns/domain/name.js';
import { TYPE } from '../ddns/domain/rr-type.js';
import type { RecordOwner } from '../ddns/domain/stored-rrset.js';
import type { ZoneEdit } from '../ddns/domain/zone-edit.js';
import { ChallengeRecords } from '../ddns/publishing/challenge-records.js';
import { ZoneWriter } from '../ddns/store/zone-writer.js';
import { UpdateWriter } from '../ddns/update/update-writer.js';
import { txtRdata } from '../ddns/wire/character-strings.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/errors.js';
import { joinedWrite } from '../platform/database/joined-write.js';
import type { DoorClient } from './door-credentials.js';

/** As many values of one credential as a certificate has names. */
const MOST_VALUES = 100;

/** TXT values that clients put into the zone by one of the doors. Each credential takes out its own only. */
@Injectable()
export class DoorChallenges {
  readonly #activeOnly = new UpdateWriter();

  constructor(
    private readonly zones: ZoneWriter,
    private readonly challenges: ChallengeRecords,
    private readonly clock: Clock,
  ) {}

  /**
   * Adds the value beside those that are there. It is served everywhere when this resolves: clients tell the CA next.
   * @throws DomainError `device_suspended`, `record_rejected`, `conflict`, `unavailable`
   */
  async add(client: DoorClient, name: string, value: string): Promise<void> {
    await this.#change(client, name, (edit, wire, owner) => {
      const own = edit.ofTxtOwner(owner).flatMap((rrset) => rrset.values.filter((stored) => stored.owner === owner));
      if (own.length >= MOST_VALUES) {
        throw new DomainError('record_rejected', `A credential has at most ${MOST_VALUES} TXT values; clean some up.`);
      }
      addChallenge(edit, wire, { rdata: txtRdata(value), owner });
    });
    await this.challenges.confirmServed(name, value);
  }

  /** Adds the value, and keeps the two newest of this credential at the name. @throws DomainError as `add` */
  async push(client: DoorClient, name: string, value: string): Promise<void> {
    await this.#change(client, name, (edit, wire, owner) => {
      const rdata = txtRdata(value);
      const stored = edit.find(wire, TYPE.TXT)?.values ?? [];
      // A name and its wildcard are two challenges at one name, and no client of acme-dns ever takes one out.
      const older = stored.filter((one) => one.owner === owner && !one.rdata.equals(rdata)).slice(-1);
      edit.put(
        wire,
        TYPE.TXT,
        CHALLENGE_TTL_SECONDS,
        stored.filter((one) => one.owner !== owner || older.includes(one)),
      );
      addChallenge(edit, wire, { rdata, owner });
    });
    await this.challenges.confirmServed(name, value);
  }

  /** Takes the credential's value out; the same again changes nothing. @throws DomainError `device_suspended`, `unavailable` */
  async remove(client: DoorClient, name: string, value: string): Promise<void> {
    await this.#change(client, name, (edit, wire, owner) => {
      const rdata = txtRdata(value);
      const rrset = edit.find(wire, TYPE.TXT);
      if (!rrset) return;
      edit.put(
        wire,
        TYPE.TXT,
        rrset.ttl,
        rrset.values.filter((one) => one.owner !== owner || !one.rdata.equals(rdata)),
      );
    });
  }

  /** Takes out all that a credential has put in: it has ended. @throws DomainError `unavailable` */
  async removeAll(zone: string, accessId: string): Promise<void> {
    const owner = doorOwner(accessId);
    await this.zones.commit({ zone, scope: { txtOwners: [owner] }, edit: (edit) => removeChallenges(edit, owner) });
  }

  async #change(
    { accessId, device }: DoorClient,
    name: string,
    change: (edit: ZoneEdit, name: WireName, owner: RecordOwner) => void,
  ): Promise<void> {
    const wire = wireName(name);
    if (wire === undefined) throw new DomainError('invalid_request', `${JSON.stringify(name)} is not a domain name.`);
    const owner = doorOwner(accessId);
    await this.zones.commit({
      zone: device.zone,
      scope: { names: [wire], txtOwners: [owner] },
      edit: (edit) => change(edit, wire, owner),
      write: joinedWrite(this.#activeOnly, {
        deviceId: device.deviceId,
        now: this.clock.now(),
        addresses: () => undefined,
      }),
    });
  }
}

function doorOwner(accessId: string): RecordOwner {
  return `door:${accessId}`;
}
