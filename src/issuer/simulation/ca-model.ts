import { gcraSpend, type GcraLimit } from '../../kernel/gcra.js';
import type { Allowance, CaRules } from './ca-rules.js';

/** What the CA says to newOrder. */
export type NewOrderAnswer =
  | { readonly kind: 'created' }
  | { readonly kind: 'refused'; readonly limit: RefusedBy; readonly retryAfterSeconds: number }
  /** A 429 without Retry-After: the name is paused for the account. */
  | { readonly kind: 'paused' }
  | { readonly kind: 'already-replaced' }
  | { readonly kind: 'unavailable' };

export type RefusedBy =
  'new-orders' | 'certificates-per-domain' | 'certificates-per-exact-set' | 'failed-authorizations';

export interface IssuedCertificate {
  readonly serial: number;
  readonly notBefore: number;
  readonly notAfter: number;
}

interface Outage {
  readonly from: number;
  readonly until: number;
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

/**
 * A certification authority with Let's Encrypt's rate limits, for one account, by numbered names (a name is also an
 * exact set of its own) and registered domains. Times are milliseconds since the epoch. New orders are counted at
 * newOrder; domain and exact set are looked at there and counted at issuance.
 */
export class CaModel {
  readonly refusals: { readonly at: number; readonly limit: RefusedBy | 'paused' | 'requests' }[] = [];
  /** newOrders that were not exempt, and certificates that were counted for their domain. */
  readonly counted = { newOrders: 0, domains: 0 };
  #outages: readonly Outage[] = [];
  #serial = 0;
  #accountTat = 0;
  #requestTat = 0;
  readonly #domainTats: Float64Array;
  readonly #exactSetTats: Float64Array;
  readonly #failureTats: Float64Array;
  readonly #pauseTats: Float64Array;
  /** By name: the last certificate. */
  readonly #serials: Float64Array;
  readonly #issuedAt: Float64Array;
  readonly #windowStarts: Float64Array;
  readonly #windowEnds: Float64Array;
  readonly #replaced: Uint8Array;
  /** By name: the order in flight is not counted for the domain. */
  readonly #exempt: Uint8Array;

  constructor(
    readonly rules: CaRules,
    readonly domains: readonly string[],
    names: number,
    /** Lifetime in milliseconds of a certificate that begins at a time. */
    private readonly lifetimeAt: (time: number) => number,
  ) {
    const perName = () => new Float64Array(names);
    this.#domainTats = new Float64Array(domains.length);
    this.#exactSetTats = perName();
    this.#failureTats = perName();
    this.#pauseTats = perName();
    this.#serials = perName();
    this.#issuedAt = perName().fill(-Infinity);
    this.#windowStarts = perName();
    this.#windowEnds = perName();
    this.#replaced = new Uint8Array(names);
    this.#exempt = new Uint8Array(names);
  }

  setOutages(outages: readonly Outage[]): void {
    this.#outages = outages;
  }

  /** When the CA answers again; `now` when it does. */
  availableAt(now: number): number {
    return this.#outages.find(({ from, until }) => from <= now && now < until)?.until ?? now;
  }

  newOrder(name: number, domain: number, replaces: number | undefined, now: number): NewOrderAnswer {
    if (this.availableAt(now) > now) return { kind: 'unavailable' };
    const request = spend(this.rules.newOrderRequests, this.#requestTat, now);
    if (!request.allowed) this.refusals.push({ at: now, limit: 'requests' });
    this.#requestTat = request.tat;

    const { failedAuthorizations, consecutiveFailures } = this.rules;
    if (!spend(consecutiveFailures, this.#pauseTats[name]!, now).allowed) {
      this.refusals.push({ at: now, limit: 'paused' });
      return { kind: 'paused' };
    }
    const replacesLast = this.rules.renewalInfo && replaces !== undefined && replaces === this.#serials[name];
    if (replacesLast && this.#replaced[name] === 1) return { kind: 'already-replaced' };
    const byAri = replacesLast && this.#windowStarts[name]! <= now && now <= this.#windowEnds[name]!;
    const byNames = now - this.#issuedAt[name]! <= this.rules.renewalDays * DAY;
    this.#exempt[name] = byAri || byNames ? 1 : 0;
    if (!byAri) {
      const failures = spend(failedAuthorizations, this.#failureTats[name]!, now);
      if (!failures.allowed) return this.#refuse('failed-authorizations', failures.retryAfterMilliseconds, now);
      const exactSet = spend(this.rules.certificatesPerExactSet, this.#exactSetTats[name]!, now);
      if (!exactSet.allowed) return this.#refuse('certificates-per-exact-set', exactSet.retryAfterMilliseconds, now);
    }
    if (!byAri && !byNames) {
      const perDomain = spend(this.#domainRule(domain), this.#domainTats[domain]!, now);
      if (!perDomain.allowed) return this.#refuse('certificates-per-domain', perDomain.retryAfterMilliseconds, now);
      const account = spend(this.rules.newOrders, this.#accountTat, now);
      if (!account.allowed) return this.#refuse('new-orders', account.retryAfterMilliseconds, now);
      this.#accountTat = account.tat;
      this.counted.newOrders += 1;
    }
    if (replacesLast) this.#replaced[name] = 1;
    return { kind: 'created' };
  }

  /** The validation of the name failed. */
  fail(name: number, now: number): void {
    this.#failureTats[name] = count(this.rules.failedAuthorizations, this.#failureTats[name]!, now);
    this.#pauseTats[name] = count(this.rules.consecutiveFailures, this.#pauseTats[name]!, now);
    // The order is dead, and the certificate that it would have replaced may be replaced again.
    this.#replaced[name] = 0;
  }

  issue(name: number, domain: number, now: number): IssuedCertificate {
    if (this.#exempt[name] === 0) {
      this.#domainTats[domain] = count(this.#domainRule(domain), this.#domainTats[domain]!, now);
      this.counted.domains += 1;
    }
    this.#exactSetTats[name] = count(this.rules.certificatesPerExactSet, this.#exactSetTats[name]!, now);
    return this.adopt(name, now);
  }

  /** A certificate that no limit has counted: one from before the simulated time. */
  adopt(name: number, now: number): IssuedCertificate {
    this.#pauseTats[name] = 0;
    this.#replaced[name] = 0;
    this.#issuedAt[name] = now;
    this.#serials[name] = ++this.#serial;
    const notBefore = now - HOUR;
    const notAfter = notBefore + this.lifetimeAt(now);
    this.#suggestWindow(name, notBefore, notAfter);
    return { serial: this.#serial, notBefore, notAfter };
  }

  /** The window of a name's last certificate; undefined for another serial, or without ARI. */
  renewalInfo(name: number, serial: number): { readonly start: number; readonly end: number } | undefined {
    if (!this.rules.renewalInfo || this.#serials[name] !== serial) return undefined;
    return { start: this.#windowStarts[name]!, end: this.#windowEnds[name]! };
  }

  /** The last certificate of the name is going to be revoked: its window moves into the past. */
  announceRevocation(name: number, now: number): void {
    this.#windowStarts[name] = now - 2 * DAY;
    this.#windowEnds[name] = now - DAY;
  }

  /** Somebody else gets a certificate in the domain; at issuance nobody is refused any more. */
  issueToOthers(domain: number, now: number): void {
    this.#domainTats[domain] = count(this.#domainRule(domain), this.#domainTats[domain]!, now);
  }

  #suggestWindow(name: number, notBefore: number, notAfter: number): void {
    const lifetime = notAfter - notBefore;
    const middle = notAfter - lifetime / (lifetime < 10 * DAY ? 2 : 3);
    const margin = Math.min(DAY, lifetime / 50);
    this.#windowStarts[name] = middle - margin;
    this.#windowEnds[name] = middle + margin;
  }

  #domainRule(domain: number): Allowance | null {
    return this.rules.domainOverrides[this.domains[domain]!] ?? this.rules.certificatesPerDomain;
  }

  #refuse(limit: RefusedBy, retryAfterMilliseconds: number, now: number): NewOrderAnswer {
    this.refusals.push({ at: now, limit });
    return { kind: 'refused', limit, retryAfterSeconds: Math.ceil(retryAfterMilliseconds / SECOND) };
  }
}

function gcra({ burst, intervalSeconds }: Allowance): GcraLimit {
  return { burst, intervalMilliseconds: intervalSeconds * SECOND };
}

function spend(allowance: Allowance | null, tat: number, now: number) {
  return allowance === null ? { allowed: true, tat, retryAfterMilliseconds: 0 } : gcraSpend(gcra(allowance), tat, now);
}

/** Counts one whether it was allowed or not. */
function count(allowance: Allowance | null, tat: number, now: number): number {
  return allowance === null ? tat : Math.max(tat, now) + allowance.intervalSeconds * SECOND;
}
