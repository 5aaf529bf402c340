import { getDomain } from 'tldts';

/**
 * The registered domain that the CA counts a name under: the public suffix and one label more, by the whole Public
 * Suffix List, its private part included (`x.github.io` is a domain of its own). A name that is itself a public suffix
 * counts as its own domain. A zone on the private part therefore has no common bucket: every device counts alone.
 */
export function registeredDomain(name: string): string {
  const host = name.startsWith('*.') ? name.slice(2) : name;
  return getDomain(host, { allowPrivateDomains: true }) ?? host;
}

/** The registered domains of a set of names, sorted, each once. */
export function registeredDomains(names: readonly string[]): readonly string[] {
  if (names.length === 1) return [registeredDomain(names[0]!)];
  return [...new Set(names.map(registeredDomain))].toSorted();
}
