import type { CaCondition } from '../domain/ca-choice.js';
import { type CaTrouble, isDown } from '../domain/ca-health.js';

/** What is known of one CA at present. Times are milliseconds since the epoch. */
export interface CaState extends CaCondition {
  /** The pause of our whole account, if there is one. */
  readonly pause?: { readonly since: number; readonly detail: string; readonly probeAt: number };
  /** Names that it has paused. */
  readonly pausedNames: ReadonlySet<string>;
  /** Since when orders of this CA go elsewhere. */
  readonly fallbackSince?: number;
}

/** A row of issuance_cas, and of issuance_pauses. */
export interface CaRow {
  ca: string;
  trouble_since: Date | null;
  trouble_cause: CaTrouble['cause'];
  trouble_detail: string;
  trouble_probe_at: Date;
  trouble_probes: number;
  fallback_since: Date | null;
}

export interface PauseRow {
  ca: string;
  name: string;
  detail: string;
  paused_at: Date;
  probe_at: Date;
}

/** Stands for the whole account in the place of a name. */
export const ACCOUNT = '';

/** Is a CA closed for everybody: paused, or down for longer than the patience? */
export function isClosed(state: CaCondition, now: number, patienceMilliseconds: number): boolean {
  return state.paused || isDown(state.trouble, now, patienceMilliseconds);
}

export function stateOf(directoryUrl: string, row: CaRow | undefined, pauses: readonly PauseRow[]): CaState {
  const pause = pauses.find(({ name }) => name === ACCOUNT);
  const trouble = row && troubleOf(row);
  return {
    directoryUrl,
    ...(trouble && { trouble }),
    paused: pause !== undefined,
    ...(pause && {
      pause: { since: pause.paused_at.getTime(), detail: pause.detail, probeAt: pause.probe_at.getTime() },
    }),
    pausedNames: new Set(pauses.map(({ name }) => name).filter((name) => name !== ACCOUNT)),
    ...(row?.fallback_since && { fallbackSince: row.fallback_since.getTime() }),
  };
}

export function troubleOf(row: CaRow): CaTrouble | undefined {
  if (row.trouble_since === null) return undefined;
  return {
    since: row.trouble_since.getTime(),
    cause: row.trouble_cause,
    detail: row.trouble_detail,
    probeAt: row.trouble_probe_at.getTime(),
    probes: row.trouble_probes,
  };
}

/** Is anything known against asking it? */
export function isInTrouble(state: CaState | undefined): boolean {
  return state === undefined || state.trouble !== undefined || state.paused;
}
