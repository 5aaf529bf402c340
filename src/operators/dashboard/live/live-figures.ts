import type { FleetSummary } from '../../fleet/fleet-summary.js';

/** The numbers on the fleet's page that move by themselves, by the name that the page gives them (`data-live`). */
export type LiveFigures = Readonly<Record<string, number>>;

export function liveFigures({ devices, certificates, queue }: FleetSummary): LiveFigures {
  return {
    devices: devices.total,
    suspended: devices.suspended,
    clones: devices.cloneSuspected,
    ...certificates,
    queued: queue.queued,
    issuing: queue.issuing,
    deferred: queue.deferred,
  };
}
