import { type CaTrouble, isDown } from './ca-health.js';

/** Why an order is not at its own CA. `probe`: it is, to see whether the CA is well again. */
export type AwayReason = 'down' | 'paused' | 'late' | 'probe' | 'rehearsal';

/** A CA as far as the choice depends on it. */
export interface CaCondition {
  readonly directoryUrl: string;
  readonly trouble?: CaTrouble;
  /** It has paused our whole account. */
  readonly paused: boolean;
}

/** An order whose place is to be decided. Times are milliseconds since the epoch. */
export interface OrderToPlace {
  /** Where it is now; undefined: nowhere yet. */
  readonly ca?: string;
  readonly why?: AwayReason;
  /** The CA of the certificate that it renews (only there it is exempt), else the first one. */
  readonly home: string;
  /** The end of the certificate in force, or by when a new device is to have its first one. */
  readonly deadline?: number;
  /** CAs that have paused a name of it. */
  readonly pausedAt: ReadonlySet<string>;
  /** When its certificate is to be expected, by CA, as far as that was asked. */
  readonly estimates: ReadonlyMap<string, number>;
}

export interface Placement {
  readonly ca: string;
  /** Absent: at home. */
  readonly why?: AwayReason;
}

/** The planner's estimates are right within so much of the wait. */
const ESTIMATE_ERROR = 0.1;

/** Will the certificate come after the deadline, as far as one can tell? */
export function isLate(estimatedAt: number, deadline: number, now: number): boolean {
  return now + Math.max(0, estimatedAt - now) * (1 + ESTIMATE_ERROR) > deadline;
}

/**
 * At which of the CAs, in their order, the certificate is to be had: at home, unless home is down, has paused us, or
 * cannot issue in time. Where no CA can, the order stays, or goes where it is late by least.
 */
export function chooseCa(
  order: OrderToPlace,
  cas: readonly CaCondition[],
  context: { readonly now: number; readonly patienceMilliseconds: number },
): Placement {
  const { now, patienceMilliseconds } = context;
  const obstacleAt = (ca: CaCondition): AwayReason | undefined => {
    if (ca.paused || order.pausedAt.has(ca.directoryUrl)) return 'paused';
    if (isDown(ca.trouble, now, patienceMilliseconds, order.deadline)) return 'down';
    const estimate = order.estimates.get(ca.directoryUrl);
    if (estimate === undefined || order.deadline === undefined) return undefined;
    return isLate(estimate, order.deadline, now) ? 'late' : undefined;
  };
  const home = cas.find(({ directoryUrl }) => directoryUrl === order.home) ?? cas[0]!;
  const here = cas.find(({ directoryUrl }) => directoryUrl === order.ca);
  const atHome = obstacleAt(home);
  // Who has left because home was too slow does not go back into its line.
  if (order.why === 'late' && here && here !== home && obstacleAt(here) === undefined) {
    return { ca: here.directoryUrl, why: 'late' };
  }
  if (atHome === undefined) return { ca: home.directoryUrl };

  const others = cas.filter((ca) => ca !== home);
  const free = others.find((ca) => obstacleAt(ca) === undefined);
  if (free) return { ca: free.directoryUrl, why: atHome };
  const late = cas.filter((ca) => obstacleAt(ca) === 'late');
  const soonest = soonestOf(late, order.estimates, here, now);
  if (soonest) return soonest === home ? { ca: home.directoryUrl } : { ca: soonest.directoryUrl, why: atHome };
  return here
    ? { ca: here.directoryUrl, ...(here !== home && { why: order.why ?? atHome }) }
    : { ca: home.directoryUrl };
}

/** Who is at one of them leaves only for what is sooner by more than estimates may be wrong. */
function soonestOf(
  cas: readonly CaCondition[],
  estimates: ReadonlyMap<string, number>,
  here: CaCondition | undefined,
  now: number,
): CaCondition | undefined {
  const wait = ({ directoryUrl }: CaCondition): number => (estimates.get(directoryUrl) ?? Infinity) - now;
  const best = cas.reduce<CaCondition | undefined>(
    (first, ca) => (first && wait(first) <= wait(ca) ? first : ca),
    undefined,
  );
  if (best === undefined || here === undefined || !cas.includes(here)) return best;
  return wait(best) * (1 + 2 * ESTIMATE_ERROR) < wait(here) ? best : here;
}
