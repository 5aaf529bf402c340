/** `suspended`: keeps its name, records and certificate, but may change nothing and gets nothing new. */
export type DeviceState = 'active' | 'suspended' | 'deleted';

/** A device as its own calls see it. */
export interface Device {
  readonly deviceId: string;
  /** Domain name, `k2v7….fleet.test`. */
  readonly name: string;
  readonly zone: string;
  readonly state: DeviceState;
  /** Normalized, in the order A before AAAA as registered. */
  readonly addresses: readonly string[];
  readonly wildcard: boolean;
  /** Labels of further names in its zone. */
  readonly aliases: readonly string[];
  /** When a change of its addresses was last told of; null: never; absent: it was not looked at. */
  readonly addressesToldAt?: Date | null;
}
