import type { WireName } from '../domain/name.js';
import { Zone, ZoneOutOfStepError } from '../domain/zone.js';
import { ZoneSet } from '../domain/zone-set.js';
import type { WorkerOrder } from './worker-messages.js';
import { fillZone } from './zone-chunks.js';

export type ZoneOrder = Extract<WorkerOrder, { readonly apex: WireName }>;

/** The zones of a worker, which does with them what the main process says. */
export class ReplicaZones {
  readonly served = new ZoneSet();
  readonly #filling = new Map<WireName, Zone>();

  /** @throws ZoneOutOfStepError when an order does not follow on what is here: the worker has to begin anew. */
  apply(order: ZoneOrder): void {
    const { apex } = order;
    switch (order.kind) {
      case 'begin':
        this.#filling.set(apex, new Zone(apex));
        return;
      case 'fill':
        fillZone(this.#filled(apex), order.octets);
        return;
      case 'serve':
        this.served.put(this.#filled(apex));
        this.#filling.delete(apex);
        return;
      case 'change': {
        const zone = this.served.get(apex);
        if (!zone) throw new ZoneOutOfStepError('A change came for a zone that is not served here.');
        zone.apply(order.diff);
      }
    }
  }

  #filled(apex: WireName): Zone {
    const zone = this.#filling.get(apex);
    if (!zone) throw new ZoneOutOfStepError('RRsets came for a zone that was not begun.');
    return zone;
  }
}
