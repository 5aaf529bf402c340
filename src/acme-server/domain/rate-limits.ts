import { gcraSpend, type GcraLimit } from '../../kernel/gcra.js';

/** The limits of the CA. A new one has to be entered in LIMIT_TEXTS too: the compiler says where. */
export type LimitName =
  | 'newOrdersPerAccount'
  | 'certificatesPerDomain'
  | 'certificatesPerExactSet'
  | 'failedAuthorizations'
  | 'consecutiveFailedAuthorizations'
  | 'newAccountsPerAddress'
  | 'newAccountsPerIpv6Range';

/** `count` more every `periodSeconds`, at most `burst` at once. */
export interface LimitSpec {
  readonly burst: number;
  readonly count: number;
  readonly periodSeconds: number;
}

const HOUR = 3600;
const DAY = 86_400;

/** Let's Encrypt's production numbers (field notes, section 1). */
export const LETS_ENCRYPT_LIMITS = {
  newOrdersPerAccount: { burst: 300, count: 300, periodSeconds: 3 * HOUR },
  certificatesPerDomain: { burst: 50, count: 50, periodSeconds: 7 * DAY },
  certificatesPerExactSet: { burst: 5, count: 5, periodSeconds: 7 * DAY },
  failedAuthorizations: { burst: 5, count: 5, periodSeconds: HOUR },
  consecutiveFailedAuthorizations: { burst: 1152, count: 1, periodSeconds: DAY },
  newAccountsPerAddress: { burst: 10, count: 10, periodSeconds: 3 * HOUR },
  newAccountsPerIpv6Range: { burst: 500, count: 500, periodSeconds: 3 * HOUR },
} as const satisfies Record<LimitName, LimitSpec>;

export type LimitSetting = LimitSpec | 'off';

export interface LimitSettings {
  readonly limits: Readonly<Record<LimitName, LimitSetting>>;
  /** Exceptions by what is limited: an account's id, a registered domain, an exact set's hash. */
  readonly overrides: Readonly<Partial<Record<LimitName, Readonly<Record<string, LimitSetting>>>>>;
  /** Refill this many times as fast; the bursts stay. */
  readonly speedUp: number;
}

/** A bucket of a limit and what a request does with it. */
export interface LimitTransaction {
  readonly limit: LimitName;
  /** What is limited: part of the bucket's key. */
  readonly subject: string;
  /** How it is called in messages, where that is not the subject. */
  readonly shownSubject: string;
  readonly spec: LimitSpec;
  /** `check` refuses and spends nothing; `spend` never refuses. */
  readonly mode: 'check' | 'spend' | 'check-and-spend';
}

export function bucketKey({ limit, subject }: Pick<LimitTransaction, 'limit' | 'subject'>): string {
  return `${limit}:${subject}`;
}

/** The transaction, or none where the limit is off. */
export function limitTransaction(
  settings: LimitSettings,
  limit: LimitName,
  subject: string,
  mode: LimitTransaction['mode'],
  shownSubject = subject,
): LimitTransaction[] {
  const setting = settings.overrides[limit]?.[subject] ?? settings.limits[limit];
  if (setting === 'off') return [];
  const spec = { ...setting, periodSeconds: setting.periodSeconds / settings.speedUp };
  return [{ limit, subject, shownSubject, spec, mode }];
}

/** One more token every so many milliseconds. */
export function gcraLimit({ burst, count, periodSeconds }: LimitSpec): GcraLimit {
  return { burst, intervalMilliseconds: (periodSeconds * 1000) / count };
}

export interface LimitDecision {
  /** The strictest of the limits that refuse; undefined when all let pass. */
  readonly refusal?: { readonly transaction: LimitTransaction; readonly retryAfterMilliseconds: number };
  /** Buckets to be written, by key: their TATs in milliseconds. Empty when refused: a refused batch spends nothing. */
  readonly spent: ReadonlyMap<string, number>;
}

/** Decides on a batch: all of it passes, or nothing is spent. `tats` are the stored TATs in milliseconds, by key. */
export function decideLimits(
  transactions: readonly LimitTransaction[],
  tats: ReadonlyMap<string, number>,
  now: Date,
): LimitDecision {
  let refusal: LimitDecision['refusal'];
  const spent = new Map<string, number>();
  for (const transaction of transactions) {
    const key = bucketKey(transaction);
    const decision = gcraSpend(gcraLimit(transaction.spec), tats.get(key), now.getTime());
    if (decision.allowed) {
      if (transaction.mode !== 'check') spent.set(key, decision.tat);
    } else if (transaction.mode !== 'spend') {
      const { retryAfterMilliseconds } = decision;
      if (!refusal || retryAfterMilliseconds > refusal.retryAfterMilliseconds) {
        refusal = { transaction, retryAfterMilliseconds };
      }
    }
  }
  return refusal ? { refusal, spent: new Map() } : { spent };
}
