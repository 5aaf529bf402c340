import { DomainError, type FieldError } from '../../kernel/errors.js';
import { normalizeName } from '../../kernel/domain-name.js';

/** A device has at most so many names beside its own: each costs its records, and CAs take few names a certificate. */
export const MOST_ALIASES = 10;

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Letter case is of ASCII (RFC 4343): a Kelvin sign must not become a k. */
const ASCII = /^[\x20-\x7e]*$/;
/** R-LDH labels (RFC 5890 section 2.3.1), `xn--` among them: nobody sees what such a name says. */
const RESERVED = /^..--/;

/**
 * The labels of a device's aliases as they are kept: lower case, sorted, each once. A name that is written out
 * (`nas.fleet.test`) is taken for its label.
 * @param texts as an operator has written them
 * @throws DomainError `invalid_request`, which says of each label what is wrong with it
 */
export function admitAliases(texts: readonly string[], zone: string): string[] {
  const errors: FieldError[] = [];
  const labels = texts.map((text, index) => {
    const name = normalizeName(text.trim());
    const label = name.endsWith(`.${zone}`) ? name.slice(0, -(zone.length + 1)) : name;
    const refuse = (detail: string): number => errors.push({ field: `aliases[${index}]`, detail });
    if (label.includes('.')) refuse(`has to be one label, directly in ${zone}`);
    else if (!LABEL.test(label) || !ASCII.test(text))
      refuse('has to be a label of letters, digits and hyphens, 1 to 63 of them, with no hyphen at its ends');
    else if (RESERVED.test(label)) refuse('must not have hyphens in its third and fourth place (RFC 5890)');
    else if (label.length + 1 + zone.length > 253) refuse('makes a name that is longer than 253 characters');
    return label;
  });
  if (errors.length > 0) {
    throw new DomainError('invalid_request', 'Aliases are labels such as "nas", directly in the zone of the device.', {
      errors,
    });
  }
  const distinct = [...new Set(labels)].toSorted();
  if (distinct.length <= MOST_ALIASES) return distinct;
  throw new DomainError('invalid_request', `A device has at most ${MOST_ALIASES} aliases.`, {
    errors: [{ field: 'aliases', detail: `are more than ${MOST_ALIASES}` }],
  });
}

/** Where a name was before, and whether that is over. */
export interface FormerHolder {
  readonly deviceName: string;
  readonly isDeleted: boolean;
  /** It has the alias now. */
  readonly isHeld: boolean;
  /** Until when a certificate that is not revoked holds the name. */
  readonly certificateUntil?: Date;
  /** An order of it may still become a certificate with the name. */
  readonly isOrdered: boolean;
}

/**
 * May a device have an alias that another one has or had? A certificate proves a name to everybody, so a name goes over
 * only when its former holder is deleted and has no certificate for it any more. A device that is there keeps the names
 * that were taken off it: it alone may have them again.
 * @returns the sentence of the refusal, or undefined
 */
export function refuseAlias(name: string, former: FormerHolder, now: Date): string | undefined {
  const { deviceName, isDeleted, isHeld, certificateUntil, isOrdered } = former;
  if (isHeld && !isDeleted) return `${name} is an alias of ${deviceName}; take it off that device first.`;
  if (!isDeleted) {
    return `${name} was an alias of ${deviceName} and stays reserved for it. Delete that device (with ?revoke=true) to free the name.`;
  }
  if (certificateUntil && certificateUntil > now) {
    return `${name} was an alias of ${deviceName}, which was deleted, and a certificate for it is in force until ${certificateUntil.toISOString()}. Wait until then, or revoke it.`;
  }
  if (isOrdered) {
    return `${name} was an alias of ${deviceName}, which was deleted, and an order for it is still on its way. Try again in a few minutes.`;
  }
  return undefined;
}
