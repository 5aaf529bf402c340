/**
 * Domain names in presentation format, absolute and without the final dot: `k2v7.fleet.test`. Letter case is ignored
 * in comparison (RFC 4343), so names are kept in lower case. Wire format is ddns' business.
 */

const HOST_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Lower case, without the final dot. Does not validate. */
export function normalizeName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/**
 * Is `name` a host name that a public certificate may hold: letters, digits and hyphens in each label
 * (RFC 1123 section 2.1), at most 63 octets a label and 253 in all, at least two labels?
 */
export function isHostName(name: string): boolean {
  const labels = normalizeName(name).split('.');
  return (
    name.length <= 254 &&
    labels.join('.').length <= 253 &&
    labels.length >= 2 &&
    labels.every((label) => HOST_LABEL.test(label))
  );
}

/** Is `name` equal to `ancestor` or below it? Both normalized. */
export function isAtOrBelow(name: string, ancestor: string): boolean {
  return name === ancestor || name.endsWith(`.${ancestor}`);
}

/** The zone with the most labels that `name` is in, or undefined. All normalized. */
export function closestZone(name: string, zones: Iterable<string>): string | undefined {
  let closest: string | undefined;
  for (const zone of zones) {
    if (isAtOrBelow(name, zone) && (closest === undefined || zone.length > closest.length)) closest = zone;
  }
  return closest;
}
