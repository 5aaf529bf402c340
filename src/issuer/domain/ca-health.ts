/**
 * Whether a CA can be ordered from at present, as all servers know it together. Pure; times are milliseconds since the
 * epoch.
 */
export interface CaTrouble {
  /** The first failure since the CA last issued, or was seen to be back. */
  readonly since: number;
  /** `unreachable`: no connection. `fault`: it answers with faults of its own. `account`: it does not take our account. */
  readonly cause: 'unreachable' | 'fault' | 'account';
  /** In words. */
  readonly detail: string;
  /** When an order may be sent there to see whether it is well again; an unreachable CA is asked for its directory. */
  readonly probeAt: number;
  /** Probes that were in vain. */
  readonly probes: number;
}

const MINUTE = 60_000;
const FIRST_PROBE = 5 * MINUTE;
const LAST_PROBE = 60 * MINUTE;

/** An order, or the set-up of the account, failed for a reason that is the CA's. */
export function afterCaFailure(
  known: CaTrouble | undefined,
  failure: Pick<CaTrouble, 'cause' | 'detail'>,
  now: number,
): CaTrouble {
  return {
    since: known?.since ?? now,
    cause: failure.cause,
    detail: failure.detail,
    probeAt: Math.max(known?.probeAt ?? 0, now + probeDelay(known?.probes ?? 0)),
    probes: known?.probes ?? 0,
  };
}

/** One order is on its way to see whether the CA is well again; the next one waits for longer. */
export function afterProbe(known: CaTrouble, now: number): CaTrouble {
  return { ...known, probes: known.probes + 1, probeAt: now + probeDelay(known.probes + 1) };
}

/**
 * Nothing could be had from the CA for so long that its orders go elsewhere. An order whose certificate ends before the
 * patience does, or soon after, does not wait for that.
 */
export function isDown(
  trouble: CaTrouble | undefined,
  now: number,
  patienceMilliseconds: number,
  expiresAt = Infinity,
): boolean {
  if (trouble === undefined) return false;
  return now - trouble.since >= patienceMilliseconds || expiresAt - now <= 2 * patienceMilliseconds;
}

function probeDelay(probes: number): number {
  return Math.min(FIRST_PROBE * 2 ** Math.min(probes, 10), LAST_PROBE);
}

const FIRST_PAUSE_PROBE = 60 * MINUTE;
const LAST_PAUSE_PROBE = 24 * FIRST_PAUSE_PROBE;

/**
 * How long a pause is left alone before one order is tried: an hour, then twice as long each time, up to a day. Only an
 * operator can end it, at the CA; and some CA's 429 without Retry-After is none.
 */
export function pauseProbeDelay(probes: number): number {
  return Math.min(FIRST_PAUSE_PROBE * 2 ** Math.min(probes, 10), LAST_PAUSE_PROBE);
}

/** What a pause says of: the whole account, or the names that the CA's message speaks of. */
export type PauseScope = { readonly kind: 'account' } | { readonly kind: 'names'; readonly names: readonly string[] };

/**
 * Let's Encrypt pauses names one by one and quotes them; a message that speaks of none of the order's names means the
 * account. `names` may have wildcards, which the CA counts for the name below the `*.`.
 */
export function pauseScope(detail: string, names: readonly string[]): PauseScope {
  const text = detail.toLowerCase();
  const spoken = [...new Set(names.map((name) => name.toLowerCase().replace(/^\*\./, '')))].filter((name) =>
    mentions(text, name),
  );
  return spoken.length > 0 ? { kind: 'names', names: spoken } : { kind: 'account' };
}

/** `a.example` is not spoken of in `aa.example` or `a.example.net`. */
function mentions(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const before = text[at - 1] ?? ' ';
    const after = text.slice(at + name.length, at + name.length + 2);
    if (!/[\w-]/.test(before) && (before !== '.' || text[at - 2] === '*') && !/^(?:[\w-]|\.[\w-])/.test(after))
      return true;
  }
  return false;
}
