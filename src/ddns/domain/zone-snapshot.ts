import type { WireName } from './name.js';
import type { OwnedRrset, Rrset } from './rrset.js';
import type { ZoneNode } from './zone-node.js';

/**
 * A zone as it was at one serial, for a reader that is interrupted by changes. It copies the list of names and no
 * records: the zone tells it about a name just before that name first changes, and what was there is remembered here.
 */
export class ZoneSnapshot {
  readonly #names: readonly WireName[];
  readonly #before = new Map<WireName, readonly Rrset[]>();
  #closed = false;

  constructor(
    readonly apex: WireName,
    readonly soa: Rrset,
    readonly serial: number,
    private readonly nodes: ReadonlyMap<WireName, ZoneNode>,
    private readonly onClose: () => void,
  ) {
    this.#names = [...nodes.keys()];
  }

  /** The zone is about to change a node. */
  remember(name: WireName, node: ZoneNode): void {
    if (!this.#before.has(name)) this.#before.set(name, node.rrsets());
  }

  /** Every RRset of the snapshot, the apex' SOA among them, each once. */
  *rrsets(): Generator<OwnedRrset> {
    for (const owner of this.#names) {
      if (this.#closed) throw new Error('The snapshot is closed.');
      for (const rrset of this.#before.get(owner) ?? this.nodes.get(owner)?.rrsets() ?? []) yield { owner, rrset };
    }
  }

  close(): void {
    this.#closed = true;
    this.#before.clear();
    this.onClose();
  }
}
