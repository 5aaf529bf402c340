import { closestZone } from '../../kernel/domain-name.js';
import { caaAllows, type CaaRecord } from '../../ddns/domain/caa.js';
import { baseName, isWildcard } from '../domain/identifier.js';
import type { ValidationOutcome } from '../domain/authorization.js';
import { DnsFailure } from './dns-failure.js';
import type { StubResolver } from './stub-resolver.js';

export interface CaaCheckerOptions {
  /** What this CA is called in CAA records; empty: CAA is not looked at. */
  readonly identities: readonly string[];
  /** Climbing ends at the apex of these zones: the name server knows nothing of what is above them. */
  readonly zones: readonly string[];
}

/** Climbs from a name to the first CAA record set (RFC 8659 section 3), as the real CA does. */
export class CaaChecker {
  constructor(
    private readonly resolver: StubResolver,
    private readonly options: CaaCheckerOptions,
  ) {}

  async check(identifier: string, accountUrl: string): Promise<ValidationOutcome> {
    const { identities } = this.options;
    if (identities.length === 0) return { valid: true };
    const base = baseName(identifier);
    try {
      const { records, foundAt } = await this.#relevantSet(base);
      const question = { wildcard: isWildcard(identifier), identities, accountUrl, validationMethod: 'dns-01' };
      if (caaAllows(records, question)) return { valid: true };
      return refused('caa', base, `CAA record for ${foundAt} prevents issuance`);
    } catch (error) {
      if (!(error instanceof DnsFailure)) throw error;
      return refused('dns', base, error.message);
    }
  }

  async #relevantSet(base: string): Promise<{ readonly records: readonly CaaRecord[]; readonly foundAt: string }> {
    const names = namesUpwards(base, closestZone(base, this.options.zones));
    // All at once, as the real CA asks; a failure further up does not matter when there is a set below it.
    const lookups = await Promise.allSettled(names.map((name) => this.resolver.lookupCaa(name)));
    for (const [index, lookup] of lookups.entries()) {
      if (lookup.status === 'rejected') throw lookup.reason;
      if (lookup.value.length > 0) return { records: lookup.value, foundAt: names[index] ?? base };
    }
    return { records: [], foundAt: base };
  }
}

/** `a.b.test`, `b.test`, `test`; no further than the apex where there is one. */
function namesUpwards(base: string, apex: string | undefined): readonly string[] {
  const labels = base.split('.');
  const last = apex === undefined ? 1 : apex.split('.').length;
  return labels.slice(0, labels.length - last + 1).map((_, index) => labels.slice(index).join('.'));
}

function refused(type: 'caa' | 'dns', base: string, detail: string): ValidationOutcome {
  return { valid: false, problem: { type, detail: `While processing CAA for ${base}: ${detail}` } };
}
