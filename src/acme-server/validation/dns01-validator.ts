import { timingSafeEqual } from 'node:crypto';

import type { ValidationOutcome } from '../domain/authorization.js';
import { baseName } from '../domain/identifier.js';
import type { ChallengeValidator, Dns01Validation } from '../ports/challenge-validator.js';
import type { CaaChecker } from './caa-checker.js';
import { DnsFailure } from './dns-failure.js';
import type { StubResolver } from './stub-resolver.js';

const MAX_SHOWN_CHARACTERS = 100;

/** dns-01 (RFC 8555 section 8.4) over the network, and CAA. One look decides: there is no second try. */
export class Dns01Validator implements ChallengeValidator {
  constructor(
    private readonly resolver: StubResolver,
    private readonly caa: CaaChecker,
  ) {}

  async validate(validation: Dns01Validation): Promise<ValidationOutcome> {
    const [txt, caa] = await Promise.all([this.#checkTxt(validation), this.checkCaa(validation)]);
    return txt.valid ? caa : txt;
  }

  checkCaa({ identifier, accountUrl }: Omit<Dns01Validation, 'txtValue'>): Promise<ValidationOutcome> {
    return this.caa.check(identifier, accountUrl);
  }

  async #checkTxt({ identifier, txtValue }: Dns01Validation): Promise<ValidationOutcome> {
    const name = `_acme-challenge.${baseName(identifier)}`;
    let values: readonly string[];
    try {
      values = await this.resolver.lookupTxt(name);
    } catch (error) {
      if (!(error instanceof DnsFailure)) throw error;
      return { valid: false, problem: { type: 'dns', detail: error.message } };
    }
    if (values.some((value) => isEqual(value, txtValue))) return { valid: true };
    return { valid: false, problem: { type: 'unauthorized', detail: mismatch(values, name) } };
  }
}

/** The sentences are Boulder's. */
function mismatch(values: readonly string[], name: string): string {
  const [first] = values;
  if (first === undefined) return `No TXT record found at ${name}`;
  const shown = first.length > MAX_SHOWN_CHARACTERS ? `${first.slice(0, MAX_SHOWN_CHARACTERS)}...` : first;
  const more = values.length > 1 ? ` (and ${values.length - 1} more)` : '';
  return `Incorrect TXT record ${JSON.stringify(shown)}${more} found at ${name}`;
}

function isEqual(value: string, expected: string): boolean {
  const [one, other] = [Buffer.from(value, 'latin1'), Buffer.from(expected, 'latin1')];
  return one.length === other.length && timingSafeEqual(one, other);
}
