import { isHostName } from '../../kernel/domain-name.js';
import { refuse } from './problem.js';

export interface ContactPolicy {
  readonly maxContacts: number;
  /** Mail domains that are refused, as Let's Encrypt does with `example.com`. */
  readonly forbiddenDomains: readonly string[];
}

/**
 * The contact URLs of an account (RFC 8555 section 7.3): `mailto:` only, one plain address each. Throws
 * `unsupportedContact` for another scheme and `invalidContact` for an address that cannot be written to.
 */
export function readContacts(value: unknown, policy: ContactPolicy): readonly string[] {
  if (!Array.isArray(value) || !value.every((entry): entry is string => typeof entry === 'string')) {
    throw refuse('malformed', 'The contact field must be a list of URLs');
  }
  if (value.length > policy.maxContacts) {
    throw refuse('malformed', `too many contacts provided: ${value.length} > ${policy.maxContacts}`);
  }
  for (const contact of value) checkContact(contact, policy);
  return value;
}

function checkContact(contact: string, policy: ContactPolicy): void {
  if (contact === '') throw refuse('invalidContact', 'empty contact');
  if (!/^[\x21-\x7e]+$/.test(contact)) {
    throw refuse('invalidContact', 'contact email contains non-ASCII characters or blanks');
  }
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(contact)?.[1]?.toLowerCase();
  if (scheme === undefined) throw refuse('invalidContact', `contact ${JSON.stringify(contact)} is not a URL`);
  if (scheme !== 'mailto') {
    throw refuse('unsupportedContact', `contact scheme ${JSON.stringify(scheme)} is not supported, only mailto is`);
  }
  const address = contact.slice('mailto:'.length);
  // RFC 8555 section 7.3: no header fields and no second address.
  if (address.includes('?')) throw refuse('invalidContact', 'contact email contains a question mark');
  if (address.includes('#')) throw refuse('invalidContact', "contact email contains a '#'");
  if (address.includes(',')) throw refuse('invalidContact', 'contact email contains more than one address');
  const match = /^[a-z0-9.!$%&'*+/=^_`{|}~-]{1,64}@([^@]+)$/i.exec(address);
  const domain = match?.[1]?.toLowerCase();
  if (domain === undefined || address.length > 254) {
    throw refuse('invalidContact', `${JSON.stringify(address.slice(0, 254))} is not a valid e-mail address`);
  }
  if (!isHostName(domain)) {
    throw refuse('invalidContact', `contact email has an invalid domain: ${JSON.stringify(domain)}`);
  }
  if (policy.forbiddenDomains.includes(domain)) {
    throw refuse('invalidContact', `invalid contact domain. Contact emails @${domain} are forbidden`);
  }
}
