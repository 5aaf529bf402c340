import type { JoinedWrite } from '../../platform/database/joined-write.js';

/** What the zone has to hold for a device. Names are absolute, lower case, without the final dot. */
export interface PublishedDevice {
  readonly deviceId: string;
  /** The device's domain name, `k2v7….fleet.test`. */
  readonly name: string;
  readonly zone: string;
  /** Normalized IPv4 and IPv6 addresses. */
  readonly addresses: readonly string[];
  /** Answer `*.<name>` with the same addresses. */
  readonly wildcard: boolean;
  /** Labels of further names, directly in the zone, with the same addresses. */
  readonly aliases?: readonly string[];
  /** Labels that were aliases until now: their records are taken out. */
  readonly formerAliases?: readonly string[];
}

/**
 * What devices need of the zone. ddns implements it: this module does not know what an RRset is.
 * Both calls resolve once the change is committed and this server's DNS answers with it, and reject with the
 * DomainError of the joined write when that refuses (then nothing was changed).
 */
export abstract class NamePublisher {
  /**
   * Makes the zone hold exactly these addresses for the device and its aliases, in one transaction with `write`. Refuses
   * with `conflict` where an alias has records of somebody else.
   */
  abstract publish(device: PublishedDevice, write: JoinedWrite): Promise<void>;

  /** Takes every record of the device out of the zone (addresses, aliases, challenges), in one transaction with `write`. */
  abstract withdraw(
    device: Pick<PublishedDevice, 'deviceId' | 'name' | 'zone' | 'aliases'>,
    write: JoinedWrite,
  ): Promise<void>;
}
