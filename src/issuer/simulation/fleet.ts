import type { AriState } from '../domain/ari-window.js';
import { orderSubjects, type OrderSubjects } from '../domain/limits/order-spends.js';
import type { PlannedSpend } from '../domain/planner/planner-state.js';
import type { WaitingOrder } from '../domain/planner/waiting-order.js';
import type { Scenario } from './scenario.js';

/** An order in flight: what its claim has reserved. */
export interface Flight {
  readonly spends: readonly PlannedSpend[];
  readonly share: 'standing' | 'manual' | 'new';
}

/** What the server knows of its devices, by the device's number: rows of a database, as columns. */
export class Fleet {
  readonly subjects: readonly OrderSubjects[];
  readonly groups: readonly string[];
  /** By device: the number of its registered domain at the CA. */
  readonly domains: Int32Array;
  readonly domainNames: readonly string[];
  /** Of a device's own, uniform in [0, 1): its place in the spread of renewals. */
  readonly phases: Float64Array;

  readonly order: (WaitingOrder | undefined)[];
  readonly flight: (Flight | undefined)[];
  readonly failures: Uint16Array;

  /** The certificate at hand; serial 0: none. */
  readonly serial: Float64Array;
  readonly issuedAt: Float64Array;
  readonly notAfter: Float64Array;
  readonly renewAt: Float64Array;
  readonly ari: (AriState | undefined)[];
  /** By when it has to be replaced because of a revocation; Infinity: it need not. */
  readonly revokedFrom: Float64Array;

  constructor(
    readonly size: number,
    { zones, groups }: Scenario,
    random: () => number,
  ) {
    const subjects: OrderSubjects[] = [];
    const groupOf: string[] = [];
    this.domains = new Int32Array(size);
    const domainNumbers = new Map<string, number>();
    const total = groups.reduce((sum, { part }) => sum + part, 0);
    for (let device = 0; device < size; device++) {
      const own = orderSubjects([`k${device.toString(36).padStart(4, '0')}.${zones[device % zones.length]}`]);
      subjects.push(own);
      const domain = own.domains[0]!;
      if (!domainNumbers.has(domain)) domainNumbers.set(domain, domainNumbers.size);
      this.domains[device] = domainNumbers.get(domain)!;
      groupOf.push(groupAt(groups, random() * total));
    }
    this.subjects = subjects;
    this.groups = groupOf;
    this.domainNames = [...domainNumbers.keys()];
    this.phases = Float64Array.from({ length: size }, random);
    this.order = Array.from({ length: size }, () => undefined);
    this.flight = Array.from({ length: size }, () => undefined);
    this.ari = Array.from({ length: size }, () => undefined);
    this.failures = new Uint16Array(size);
    this.serial = new Float64Array(size);
    this.issuedAt = new Float64Array(size);
    this.notAfter = new Float64Array(size);
    this.renewAt = new Float64Array(size);
    this.revokedFrom = new Float64Array(size).fill(Infinity);
  }
}

function groupAt(groups: Scenario['groups'], position: number): string {
  let rest = position;
  for (const { name, part } of groups) {
    rest -= part;
    if (rest < 0) return name;
  }
  return groups.at(-1)!.name;
}
