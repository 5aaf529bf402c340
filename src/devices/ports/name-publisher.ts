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
}

/**
 * What devices need of the zone. ddns implements it: this module does not know what an RRset is.
 * Both calls resolve once the change is committed and this server's DNS answers with it, and reject with the
 * DomainError of the joined write when that refuses (then nothing was changed).
 */
export abstract class NamePublisher {
  /** Makes the zone hold exactly these addresses for the device, in one transaction with `write`. */
  abstract publish(device: PublishedDevice, write: JoinedWrite): Promise<void>;

  /** Takes every record of the device out of the zone (addresses, challenges), in one transaction with `write`. */
  abstract withdraw(device: Pick<PublishedDevice, 'deviceId' | 'name' | 'zone'>, write: JoinedWrite): Promise<void>;
}
